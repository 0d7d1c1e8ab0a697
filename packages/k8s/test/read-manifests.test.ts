import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkedManifests } from '../src/checked-manifests.ts'
import { readFolder } from '../src/git-tree.ts'
import { readManifests } from '../src/read-manifests.ts'

const read = (text: string) => readManifests({ files: { 'shop.yaml': text } })
const checked = async (text: string, tags: 'refuse' | 'allow' = 'refuse') => checkedManifests(await read(text), { namespace: 'shop', tags })

describe('manifests', () => {
  it('are read document by document, and a List member by member', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [{ kind: 'A' }, { kind: 'B' }] }
    const found = await read(`kind: C\n---\n# nothing\n---\n${JSON.stringify(list)}\n`)
    expect(found.map(({ manifest, where }) => [manifest['kind'], where])).toEqual([
      ['C', 'shop.yaml, document 1'],
      ['A', 'shop.yaml, document 3, item 1'],
      ['B', 'shop.yaml, document 3, item 2'],
    ])
  })

  it('mean what the tools of Kubernetes take them for', async () => {
    const [found] = await read(
      '{octal: 0644, yes: "x", flag: yes, time: 2026-11-23, minutes: 1:30, merge: {<<: {a: 1}, b: 2}}'.replace('yes: "x", ', ''),
    )
    expect(found?.manifest).toEqual({ octal: 0o644, flag: true, time: '2026-11-23', minutes: '1:30', merge: { a: 1, b: 2 } })
  })

  it.each([
    ['a broken document', 'a: [', /shop.yaml is no manifest: line/],
    ['the same key twice', 'a: 1\na: 2', /shop.yaml is no manifest: line 2/],
    ['a key that is no text', 'data: {yes: x}', /the key true is no text: quote it/],
    ['a text', 'hello', /it is no object/],
    ['nothing', '# nothing', /there is no manifest/],
  ])('refuses %s, and does not quote it', async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringMatching(message) })
  })

  it.each([
    ['without a kind', 'metadata: {name: a}', /no kind or no apiVersion/],
    ['without a name', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}', /has no metadata.name/],
    ['of another namespace', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: other}', /namespace other/],
    ['with values of a Secret', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}', /values of Secrets/],
    ['given twice', ['a', 'a'].map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}`).join('\n---\n'), /stands in/],
    [
      'with an image by tag',
      'apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {jobTemplate: {spec: {template: {spec: {containers: [{image: "a:v1"}]}}}}}',
      /a:v1, which may be another image tomorrow/,
    ],
  ])('are refused %s', async (_, text, message) => {
    await expect(checked(text)).rejects.toMatchObject({ code: 'OPTIONS_INVALID', message: expect.stringMatching(message) })
  })

  it('lose what only a server writes', async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, uid: b, resourceVersion: "7", managedFields: []}\nstatus: {}'
    expect(await checked(text)).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } }])
  })
})

describe('a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'))
  mkdirSync(join(folder, 'deploy/base'), { recursive: true })
  mkdirSync(join(folder, 'deploy/empty'))
  writeFileSync(join(folder, 'deploy/base.yaml'), 'kind: A\n')
  writeFileSync(join(folder, 'deploy/base/b.yml'), 'kind: B\n')
  writeFileSync(join(folder, 'deploy/README.md'), 'text')
  writeFileSync(join(folder, 'deploy/run.sh'), '', { mode: 0o755 })
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], { encoding: 'utf8' })
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'release')
  const tree = git('rev-parse', 'HEAD:deploy').trim()

  it('has the tree that git says', async () => {
    expect((await readFolder(join(folder, 'deploy'))).tree).toBe(tree)
  })

  it('is read when it is at its tree, and refused with one file more', async () => {
    const source = { folder: join(folder, 'deploy'), tree }
    expect((await readManifests(source)).map(({ manifest }) => manifest['kind'])).toEqual(['A', 'B'])
    writeFileSync(join(folder, 'deploy/extra.yaml'), 'kind: C\n')
    await expect(readManifests(source)).rejects.toMatchObject({ code: 'DRIFTED', effect: 'none' })
    await expect(readManifests({ folder: join(folder, 'nowhere'), tree })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
