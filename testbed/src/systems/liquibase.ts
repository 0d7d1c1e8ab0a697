import { java, javaProgram, mavenCommand } from '../maven-jars.ts'
import type { System } from '../system.ts'

export const liquibase: System = {
  name: 'liquibase',
  version: '4.33.0',
  summary: 'Liquibase with its PostgreSQL driver: the last line under the Apache License',
  needs: [java, mavenCommand],
  cost: { installSeconds: 15, diskMegabytes: 8, startSeconds: 0, memoryMegabytes: 0 },
  installation: javaProgram({
    pom: 'liquibase',
    command: 'liquibase',
    mainClass: 'liquibase.integration.commandline.LiquibaseCommandLine',
  }),
}
