import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJson } from './json-file.ts'

/** Where everything of one world lies. `shop` is all that the plan and its steps are told of. */
export interface Layout {
  readonly root: string
  /** What a production machine would have: releases, the link to the current one, logs, settings. */
  readonly shop: string
  readonly repository: string
  readonly releases: string
  readonly currentLink: string
  readonly maintenanceFile: string
  readonly deploymentsFile: string
  readonly evidence: string
  readonly logs: string
  readonly secrets: string
  readonly postgres: string
  readonly processes: string
  /** Runs of Backstep: journals, snapshots, leases. */
  readonly runs: string
  readonly report: string
}

export function layoutOf(root: string): Layout {
  const shop = join(root, 'shop')
  return {
    root,
    shop,
    repository: join(shop, 'repository'),
    releases: join(shop, 'releases'),
    currentLink: join(shop, 'current'),
    maintenanceFile: join(shop, 'maintenance.json'),
    deploymentsFile: join(shop, 'deployments.jsonl'),
    evidence: join(shop, 'evidence'),
    logs: join(shop, 'logs'),
    secrets: join(root, 'secrets'),
    postgres: join(root, 'postgres'),
    processes: join(root, 'processes'),
    runs: join(root, 'runs'),
    report: join(root, 'report.md'),
  }
}

/** Addresses of the shop's parts, as `<shop>/shop.json`. The database's password is no part of it: see `secrets`. */
export interface ShopSettings {
  readonly shopUrl: string
  readonly supervisorUrl: string
  readonly database: { readonly host: string; readonly port: number; readonly name: string; readonly user: string }
}

export function readShopSettings(shop: string): ShopSettings | undefined {
  return readJson<ShopSettings>(join(shop, 'shop.json'))
}

/** The name of a release folder says what is in it. */
export function releaseName(tag: string, commit: string): string {
  return `${tag}-${commit.slice(0, 12)}`
}

/** Where a world is made when nobody names another folder. */
export const defaultRoot: string = fileURLToPath(new URL('../.world', import.meta.url))

/** Folder of the quickstart itself. */
export const quickstartFolder: string = fileURLToPath(new URL('..', import.meta.url))
