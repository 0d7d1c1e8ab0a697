#!/usr/bin/env node
// Plain JavaScript for Node 20: it runs before anything is installed.
//
//   node tools/bootstrap.mjs quickstart [arguments]   what `npm run quickstart` does
//   node tools/bootstrap.mjs verify [arguments]       what `npm test` does
//
// It fetches the pinned pnpm through npm, installs with the frozen lockfile what the wanted script needs (skipped when
// nothing changed since), and runs that script on the pinned Node.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, 'node_modules', '.backstep-installed.json')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const pnpm = `pnpm@${manifest.devEngines.packageManager.version}`
const oldestNode = 20
const heartbeatMs = 10_000

/** What each script installs and runs. `enough` lists the installations that serve it. */
const scripts = {
  quickstart: {
    install: ['--prod', '--filter', 'backstep-quickstart...'],
    enough: ['quickstart', 'verify'],
    folder: 'examples/quickstart',
    file: 'main.ts',
    needsPnpm: false,
  },
  verify: { install: [], enough: ['verify'], folder: '.', file: 'tools/verify.ts', needsPnpm: true },
}

class BootstrapError extends Error {
  constructor(message, hint) {
    super(message)
    this.hint = hint
  }
}

const say = (line) => process.stderr.write(`${line}\n`)
const seconds = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`

function requireNode() {
  const major = Number(process.versions.node.split('.')[0])
  if (major >= oldestNode) return
  throw new BootstrapError(
    `this is Node ${process.versions.node}; Node ${oldestNode} or newer is needed to start`,
    'Install a current Node from https://nodejs.org (npm comes with it), open a new shell, and run the same command again.',
  )
}

/** How to start npm: the npm that runs this script when there is one, else the one on the PATH. */
function npmCommand() {
  const running = process.env.npm_execpath
  if (running?.endsWith('npm-cli.js') && existsSync(running)) return [process.execPath, running]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm']
}

/**
 * The environment for everything that is started from here: without what an outer npm sets for its own children, failing
 * soon when there is no network, and without npm's extras. An audit can wait a minute for a registry that answers none,
 * and the install script of the pinned Node runs npm once more.
 */
function quietEnvironment() {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_(config_nodedir|lifecycle_|package_)/i.test(name))
  return {
    npm_config_fetch_retry_mintimeout: '1000',
    npm_config_fetch_retry_maxtimeout: '10000',
    ...Object.fromEntries(inherited),
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
    npm_config_loglevel: 'error',
  }
}

/** Runs npm quietly; the output comes back, and is shown by the caller only when it failed. */
function runNpm(args, onWaiting) {
  const [command, ...before] = npmCommand()
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...before, ...args], { cwd: root, env: quietEnvironment(), shell: process.platform === 'win32' })
    const output = []
    const timer = setInterval(() => onWaiting(), heartbeatMs)
    child.stdout.on('data', (data) => output.push(data))
    child.stderr.on('data', (data) => output.push(data))
    child.on('error', (error) => {
      clearInterval(timer)
      reject(npmMissing(error))
    })
    child.on('close', (code, signal) => {
      clearInterval(timer)
      resolve({ code: code ?? 1, signal, output: Buffer.concat(output).toString('utf8') })
    })
  })
}

function npmMissing(error) {
  return new BootstrapError(
    `npm could not be started (${error.message})`,
    'npm comes with Node: install Node from https://nodejs.org, or on Debian and Ubuntu also the package `npm`. Then run the same command again.',
  )
}

async function runStage(name, args) {
  const startMs = Date.now()
  say(`  ${name} ...`)
  const result = await runNpm(args, () => say(`  ${name} ... still working, ${seconds(startMs)}`))
  if (result.code === 0) return say(`  ${name} ok, ${seconds(startMs)}`)
  say(result.output.trimEnd())
  throw new BootstrapError(`${name} failed with exit code ${result.code}; its output is above`, hintFor(result.output))
}

function hintFor(output) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|META_FETCH_FAIL|error sending request|dns error|tcp connect/i.test(
      output,
    )
  ) {
    return 'The package registry was not reached. Check the network, and behind a proxy set HTTPS_PROXY or `npm config set registry <address>`. What was fetched so far is kept: run the same command again.'
  }
  if (/ENOSPC|no space left/i.test(output))
    return 'The disk is full: about 600 MB are needed here and in the package cache. Make room and run the same command again.'
  if (/EACCES|EPERM|permission denied/i.test(output))
    return 'A folder is not writable: check who owns this folder and the npm cache (`npm config get cache`).'
  if (/OUTDATED_LOCKFILE|frozen-lockfile|lockfile is not up to date/i.test(output)) {
    return `pnpm-lock.yaml does not match a package.json: run \`npx ${pnpm} install\` and commit the lockfile.`
  }
  return 'Run the same command again; if it fails the same way, the first error line above says where to look.'
}

function workspaceManifests() {
  const inside = (folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name))
  const folders = ['.', 'bench', 'docs', 'testbed', ...inside('packages'), ...inside('examples')]
  return folders
    .map((folder) => join(root, folder, 'package.json'))
    .filter((path) => existsSync(path))
    .sort((a, b) => (a < b ? -1 : 1))
}

/** Changes when anything changes that decides what is installed. */
function installFingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const path of [join(root, 'pnpm-lock.yaml'), join(root, 'pnpm-workspace.yaml'), ...workspaceManifests()]) {
    hash.update(path.slice(root.length)).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'))
  } catch {
    return undefined
  }
}

async function install(wanted, script) {
  // An install by hand is a full one; it is brought up to date, never cut down to what the quickstart needs.
  const name = existsSync(join(root, 'node_modules', 'vitest')) ? 'verify' : wanted
  const fingerprint = installFingerprint()
  const stamp = readStamp()
  if (stamp?.fingerprint === fingerprint && script.enough.includes(stamp.installed) && existsSync(pinnedNode(script))) {
    return say('  dependencies ok, already installed')
  }
  await runStage(`${pnpm} (through npm)`, ['exec', '--yes', `--package=${pnpm}`, '--', 'pnpm', '--version'])
  await runStage('dependencies', [
    'exec',
    '--yes',
    `--package=${pnpm}`,
    '--',
    'pnpm',
    'install',
    '--frozen-lockfile',
    '--reporter=append-only',
    ...scripts[name].install,
  ])
  linkPeers()
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, `${JSON.stringify({ installed: name, fingerprint })}\n`)
}

/**
 * Our packages take each other as peers, and as dev dependencies while they are developed. An install without dev
 * dependencies leaves those links out, so they are made here, where a full install would put them.
 */
function linkPeers() {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
  for (const folder of packages.filter((path) => existsSync(join(path, 'node_modules')))) {
    const { peerDependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    for (const peer of Object.keys(peerDependencies).filter((name) => name.startsWith('@backstep/'))) {
      const link = join(folder, 'node_modules', peer)
      if (existsSync(link)) continue
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(root, 'packages', peer.slice('@backstep/'.length)), link, 'junction')
    }
  }
}

function pinnedNode(script) {
  return join(root, script.folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
}

/** Hands the terminal over, and gives back the script's exit code. Ctrl-C reaches the script by itself; other signals are passed on. */
function runScript(script, args) {
  const node = pinnedNode(script)
  if (!existsSync(node))
    throw new BootstrapError(`the pinned Node is missing at ${node}`, 'Delete the folder node_modules and run the same command again.')
  const own = [node, join(root, script.folder, script.file), ...args]
  const line = script.needsPnpm ? [...npmCommand(), 'exec', '--yes', `--package=${pnpm}`, '--', ...own] : own
  const child = spawn(line[0], line.slice(1), { cwd: root, env: quietEnvironment(), stdio: 'inherit' })
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(signal ? 1 : (code ?? 1)))
  })
}

async function main() {
  const [name, ...args] = process.argv.slice(2)
  const script = scripts[name]
  if (!script) throw new BootstrapError(`unknown script ${JSON.stringify(name ?? '')}`, `Use one of: ${Object.keys(scripts).join(', ')}.`)
  requireNode()
  say(`Backstep: preparing ${name} (Node ${process.versions.node} here)`)
  await install(name, script)
  return runScript(script, args)
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error) => {
    say(`\nerror: ${error.message}`)
    if (error.hint) say(`what to do: ${error.hint}`)
    process.exitCode = 1
  },
)
