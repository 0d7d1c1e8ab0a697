import { describe, expect, it } from 'vitest'
import { momentOf } from '../story/crash.ts'
import { shortName } from '../story/names.ts'
import { readOptions } from '../story/options.ts'
import { bar, makeScreen, wrap } from '../story/screen.ts'

function screenOf(columns: number, hasColour = false) {
  const lines: string[] = []
  return { lines, screen: makeScreen({ columns, hasColour, write: (text) => void lines.push(text.trimEnd()) }) }
}

describe('the screen', () => {
  it('puts remarks at the right margin', () => {
    const { screen, lines } = screenOf(80)
    screen.row('PostgreSQL', '0.9 s')
    expect(lines).toEqual([`  PostgreSQL${' '.repeat(62)}0.9 s`])
  })

  it('breaks facts at spaces under their own column', () => {
    const { screen, lines } = screenOf(60)
    screen.fact('next', 'Somebody changed it since the preview. Preview again; nothing was changed.')
    expect(lines).toEqual([
      '  next            Somebody changed it since the preview.',
      '                  Preview again; nothing was changed.',
    ])
  })

  it('writes no escape sequence without colour, and some with it', () => {
    const plain = screenOf(80)
    plain.screen.section('The run', 'aside')
    expect(plain.lines.join('')).not.toContain('\u001B')
    const colourful = screenOf(80, true)
    colourful.screen.section('The run', 'aside')
    expect(colourful.lines.join('')).toContain('\u001B[1m')
  })

  it('shows shares as bars of one length', () => {
    expect(bar(5, 15, 8)).toEqual({ good: '██', bad: '░░░░░░' })
    expect(bar(0, 0, 8)).toEqual({ good: '', bad: '' })
  })

  it('leaves a word that is too long alone on its line', () => {
    expect(wrap('see /a/very/long/path now', 8)).toEqual(['see', '/a/very/long/path', 'now'])
  })
})

describe('names', () => {
  it.each([
    ['quickstart.undo-migration@schema', 'undo-migration'],
    ['require quickstart.serves@shop', 'require serves'],
    ['quickstart.enter-maintenance@shop release', 'leave maintenance'],
    ['gate go back', 'gate go back'],
    ['observe orders', 'observe orders'],
  ])('%s is %s', (id, name) => {
    expect(shortName(id)).toBe(name)
  })
})

describe('the moment to kill', () => {
  it('is right after COMMIT, or before the contact that the seed names', () => {
    expect(momentOf(undefined)).toEqual({ step: 'quickstart.undo-migration@schema', contact: 'connect.close', count: 1 })
    expect([1, 7, 36, 37].map((seed) => momentOf(seed).count)).toEqual([1, 7, 36, 1])
  })
})

describe('options', () => {
  it('reads flags, a seed and a folder', () => {
    expect(readOptions(['--crash', '--seed', '7', '--world', '/tmp/x'])).toMatchObject({
      crash: true,
      seed: 7,
      world: '/tmp/x',
      drift: false,
    })
  })

  it.each([
    [['--crsh'], /Unknown option/],
    [['--seed', 'seven'], /--seed seven is no whole number/],
    [['--explain', '--crash'], /--explain and --crash do not go together/],
    [['extra'], /Unexpected argument/],
  ])('refuses %j with a hint', (args, message) => {
    expect(() => readOptions(args)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringMatching(message) as string }),
    )
  })
})
