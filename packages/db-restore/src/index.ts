export { restoreBeside } from './restore-beside.ts'
export type { RestoreBesideOptions } from './restore-beside.ts'
export type { RestorePrepared, RestoreReceipt } from './restored-database.ts'
export type { SwapReceipt } from './swapped-databases.ts'
export type { DatabaseShape } from './databases.ts'
export type { PostgresServerOptions } from './postgres-options.ts'
export { backupSchema } from './backup.ts'
export type { Backup, BackupFacts, BackupFormat } from './backup.ts'
export { postgresRestoreContacts } from './client.ts'
export type {
  BackupNote,
  BackupOnDisk,
  DumpRequest,
  PostgresRestoreClient,
  PublishRequest,
  RestoreRequest,
  ToolCall,
  ToolEnd,
  ToolName,
} from './client.ts'
export { postgresRestoreClient } from './postgres-restore-client.ts'
export type { PostgresRestoreClientOptions } from './postgres-restore-client.ts'
export type { PostgresToolOptions } from './postgres-tools.ts'
export { swapDatabases } from './swap-databases.ts'
export type { SwapDatabasesOptions } from './swap-databases.ts'
export { dumpDatabase } from './dump-database.ts'
export type { DumpDatabaseOptions, DumpReceipt } from './dump-database.ts'
export { backupCatalog, findBackup } from './backup-queries.ts'
export type { BackupCatalog, BackupCatalogOptions, BackupEntry, FindBackupOptions, FoundBackup } from './backup-queries.ts'
export { verifyBackup } from './verify-backup.ts'
export type { VerifyBackupOptions } from './verify-backup.ts'
export { retireDatabase } from './retire-database.ts'
export type { RetireDatabaseOptions, RetireReceipt } from './retire-database.ts'
export { compareDatabases, databasesAlike } from './compare-databases.ts'
export type { CompareDatabasesOptions, DatabaseComparison, DatabasesAlikeOptions } from './compare-databases.ts'
export { contentOf, differencesOf } from './database-content.ts'
export type { ContentDifference, DatabaseContent } from './database-content.ts'
export { restoreRedis } from './restore-redis.ts'
export type { RestoreRedisOptions, RestoreRedisReceipt } from './restore-redis.ts'
export { redisRestoreContacts } from './redis-port.ts'
export type { RedisBackup, RedisFacts, RedisFileSet, RedisPhase, RedisRestoreClient } from './redis-port.ts'
export { redisRestoreClient } from './redis-restore-client.ts'
export type { RedisClientOptions } from './redis-restore-client.ts'
