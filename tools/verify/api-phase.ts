import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, type ExtractorMessage, ExtractorLogLevel } from '@microsoft/api-extractor'
import { filesUnder, type Member, publishedMembers, repositoryRoot } from '../workspace.ts'
import { type Phase, phaseOver } from './phase.ts'

/**
 * The public surface of every package as text, in `packages/<name>/api/*.api.md`. A difference from the committed report
 * fails, so does a type that is used in the surface but not exported. With `update` the reports are rewritten.
 */
export function apiPhase({ update }: { readonly update: boolean }): Phase {
  return {
    name: 'api',
    async run() {
      const entries = publishedMembers().flatMap(apiEntries)
      const problems = entries.flatMap((entry) => checkEntry(entry, update))
      return phaseOver(entries.length, 'reports', [...problems, ...orphanReports(entries)])
    },
  }
}

interface ApiEntry {
  readonly member: Member
  /** `core`, or `testing.vitest` for the export `./vitest`. */
  readonly reportName: string
  readonly declarations: string
}

function apiEntries(member: Member): readonly ApiEntry[] {
  const exports = Object.entries(member.manifest.publishConfig?.exports ?? {})
  return exports.flatMap(([entry, target]) => {
    if (typeof target === 'string') return []
    const parts = [member.manifest.name.split('/').at(-1) ?? '', ...entry.split('/').slice(1)]
    return [{ member, reportName: parts.join('.'), declarations: target.types }]
  })
}

function checkEntry(entry: ApiEntry, update: boolean): readonly string[] {
  const folder = join(repositoryRoot, entry.member.folder)
  const report = `${entry.member.folder}/api/${entry.reportName}.api.md`
  if (!existsSync(join(folder, entry.declarations))) return [`${report}: ${entry.declarations} is missing; build first`]
  if (!update && !existsSync(join(repositoryRoot, report))) return [`${report} is missing; \`pnpm api:update\` writes it`]
  mkdirSync(join(folder, 'api'), { recursive: true })
  const messages: string[] = []
  const result = Extractor.invoke(extractorConfig(entry, folder), {
    localBuild: update,
    messageCallback: (message) => collectMessage(message, messages),
  })
  if (result.apiReportChanged && !update) messages.push(changedHint(report, entry.reportName))
  return messages.length === 0 ? [] : [`${report}:\n${messages.join('\n')}`]
}

function changedHint(report: string, name: string): string {
  return `the public surface changed: look at \`git diff --no-index ${report} tmp/api/${name}.api.md\`, and \`pnpm api:update\` takes it over`
}

/** Keeps what a person must act on; the extractor itself prints nothing, and what it says about report files is said above. */
function collectMessage(message: ExtractorMessage, messages: string[]): void {
  const isAboutReport = message.messageId.startsWith('console-api-report')
  if (!isAboutReport && (message.logLevel === ExtractorLogLevel.Error || message.logLevel === ExtractorLogLevel.Warning)) {
    messages.push(`${message.sourceFilePath ?? ''}:${message.sourceFileLine ?? ''} ${message.text}`)
  }
  message.handled = true
}

function extractorConfig({ reportName, declarations }: ApiEntry, folder: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, declarations),
      newlineKind: 'lf',
      compiler: { overrideTsconfig: surfaceCompiler(folder, declarations) },
      apiReport: {
        enabled: true,
        reportFolder: join(folder, 'api'),
        reportTempFolder: join(repositoryRoot, 'tmp', 'api'),
        reportFileName: `${reportName}.api.md`,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.None },
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Error },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  })
}

/** Other packages of this repository are read as they are published: by their declarations, not their sources. */
function surfaceCompiler(folder: string, declarations: string): object {
  return {
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024', 'esnext.disposable'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      types: ['node'],
      typeRoots: [join(repositoryRoot, 'node_modules/@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      baseUrl: folder,
      paths: Object.fromEntries(
        // Through node_modules, unresolved: else they would count as part of this package, and all they use as a forgotten export.
        publishedMembers().map((member) => [member.manifest.name, [join(folder, 'node_modules', member.manifest.name, 'dist/index.d.ts')]]),
      ),
      preserveSymlinks: true,
    },
    files: [join(folder, declarations)],
  }
}

function orphanReports(entries: readonly ApiEntry[]): readonly string[] {
  const known = new Set(entries.map((entry) => `${entry.member.folder}/api/${entry.reportName}.api.md`))
  const present = publishedMembers().flatMap((member) => filesUnder(`${member.folder}/api`))
  return present.filter((path) => !known.has(path)).map((path) => `${path} reports an export that no longer exists: delete it`)
}
