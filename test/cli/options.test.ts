import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { commands, main } from '../../src/cli/main.js'
import { type Setting, settings } from '../../src/supervisor/settings/settings.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'

let errors = ''
let output = ''

beforeEach(() => {
  errors = ''
  output = ''
  vi.spyOn(console, 'error').mockImplementation((text) => void (errors += `${text}\n`))
  vi.spyOn(console, 'log').mockImplementation((text) => void (output += `${text}\n`))
})
afterEach(() => vi.restoreAllMocks())

/** Ways to misspell a word: two letters swapped, one omitted, one doubled, one added. */
function misspelt(word: string): string[] {
  const middle = Math.floor(word.length / 2)
  return [
    `${word.slice(0, middle - 1)}${word[middle]}${word[middle - 1]}${word.slice(middle + 1)}`,
    word.slice(0, -1),
    word.slice(0, middle) + word[middle] + word.slice(middle),
    `${word}x`,
  ].filter((variant) => variant !== word)
}

/** What a command is called with so that nothing but the misspelt option is wrong. */
const before: Readonly<Record<string, readonly string[]>> = { config: ['explain'] }

describe.each(commands.map((command) => [command.name, command] as const))('promhive %s', (name, { options }) => {
  test.each(Object.keys(options))('a misspelt --%s is answered with the option', async (option) => {
    for (const wrong of misspelt(option)) {
      // A name that is another option's is not misspelt.
      if (wrong in options) continue
      errors = ''
      expect(await main([name, ...(before[name] ?? []), `--${wrong}`])).toBe(1)
      expect(errors).toContain(`there is no option --${wrong}; did you mean --${option}?`)
      expect(errors).toContain(`see promhive help ${name}`)
    }
  })

  test('a misspelt name of the command is answered with the command', async () => {
    for (const wrong of misspelt(name)) {
      for (const args of [[wrong], ['help', wrong], ['--help', wrong]]) {
        errors = ''
        expect(await main(args)).toBe(1)
        expect(errors).toContain(`there is no command "${wrong}"; did you mean ${name}?`)
      }
    }
  })

  test('an option without its value, or with one too many, is named', async () => {
    const [flag] = Object.entries(options).find(([, { type }]) => type === 'boolean') ?? []
    const [valued] = Object.entries(options).find(([, { type }]) => type === 'string') ?? []
    if (flag !== undefined) {
      expect(await main([name, ...(before[name] ?? []), `--${flag}=3`])).toBe(1)
      expect(errors).toContain(`--${flag} takes no value`)
    }
    if (valued !== undefined) {
      expect(await main([name, ...(before[name] ?? []), `--${valued}`])).toBe(1)
      expect(errors).toContain(`--${valued} needs a value, as in --${valued}=VALUE`)
    }
  })

  test('an argument too many is refused', async () => {
    const args = Array.from({ length: 3 }, (_, i) => `argument-${i}`)
    expect(await main([name, ...(before[name] ?? []), ...args])).toBe(1)
    expect(errors).toContain('argument-')
  })
})

describe('a value of a fixed set', () => {
  const fixed = Object.values(settings as Readonly<Record<string, Setting>>).filter(
    ({ kind, flag }) => kind.words !== undefined && flag !== undefined,
  )

  test('is there for each of them', () => {
    const flags = fixed.map(({ flag }) => flag![0])
    expect(flags).toEqual(expect.arrayContaining(['compat', 'worker-class', 'log-level', 'log-format']))
  })

  test.each(fixed.map((setting) => [setting.flag![0], setting] as const))(
    'misspelt for --%s is answered with the value',
    async (flag, { kind, env }) => {
      for (const word of kind.words!) {
        const wrong = `${word}x`
        errors = ''
        expect(await main(['config', 'explain', `--${flag}`, wrong])).toBe(1)
        expect(errors).toContain(`--${flag} must be`)
        expect(errors).toContain(`did you mean ${word}?`)
        expect(kind.read(word)).toBe(word)
      }
      expect(env.length).toBeGreaterThan(0)
    },
  )
})

describe('without a suggestion', () => {
  test('a word that is like nothing gets the overview', async () => {
    for (const args of [['nope'], ['help', 'nope'], ['--nope']]) {
      errors = ''
      expect(await main(args)).toBe(1)
      expect(errors).toContain('there is no command')
      expect(errors).toContain('promhive serve')
    }
  })

  test('an option that is like nothing is named', async () => {
    expect(await main(['serve', '--quite-something-else'])).toBe(1)
    expect(errors).toContain('there is no option --quite-something-else\n')
    expect(await main(['serve', '-Z'])).toBe(1)
    expect(errors).toContain('there is no option -Z\n')
  })

  test('a misspelt --help is answered with it', async () => {
    expect(await main(['top', '--hep'])).toBe(1)
    expect(errors).toContain('there is no option --hep; did you mean --help?')
  })

  test('the verb of config has a suggestion too', async () => {
    expect(await main(['config', 'explian'])).toBe(1)
    expect(errors).toContain('got "explian"; did you mean explain?')
  })

  test('help for a command, and the version, are there as before', async () => {
    expect(await main(['help', 'serve'])).toBe(0)
    expect(output).toContain('promhive serve --dir DIR')
    expect(await main(['help'])).toBe(0)
    expect(await main([])).toBe(1)
  })
})

test('the program ends with the same codes', () => {
  provideDist()
  const bin = join(root, 'dist/esm/cli/bin.js')
  for (const args of [['help', 'nope'], ['ruun'], ['serve', '--dri']]) {
    const { status, stderr } = spawnSync(process.execPath, [bin, ...args], {
      env: cleanEnvironment(),
      encoding: 'utf8',
    })
    expect(status).toBe(1)
    expect(stderr).toMatch(/there is no (?:command|option)/)
    expect(stderr).not.toContain('ERR_PARSE_ARGS')
  }
})
