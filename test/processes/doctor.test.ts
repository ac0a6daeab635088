import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { seriesName } from '../../src/store/shared/format.js'
import { promhive } from '../helpers/processes/command.js'
import { type Stage, test } from '../helpers/processes/stage.js'

interface Finding {
  readonly state: string
  readonly topic: string
  readonly text: string
  readonly advice?: string
}

async function examine(stage: Stage, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, output } = await promhive(stage, ['doctor', '--json', ...args], env)
  const findings = JSON.parse(output) as Finding[]
  return { code, findings, wrong: findings.filter(({ state }) => state !== 'ok') }
}

/** Names a directory that does not exist yet; without one, the command searches for an application of this user. */
const named = (stage: Stage) => ({ PROMHIVE_DIR: stage.directory() })

describe('promhive doctor', () => {
  test('finds nothing wrong with a healthy application', async ({ stage }) => {
    const directory = stage.directory()
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', { who: 'me' }, 3)
    const { code, findings, wrong } = await examine(stage, [directory])
    expect(code).toBe(0)
    expect(wrong.filter(({ topic }) => topic !== 'packages')).toEqual([])
    const said = Object.fromEntries(findings.map(({ topic, text }) => [topic, text]))
    expect(said.run).toBe('an application counts here at the moment')
    expect(said.writers).toMatch(/^1 alive, 0 dead/)
    expect(said.scrape).toMatch(/^1 series in \d+ ms$/)
    expect(said.directory).toBe(`${directory} on tmpfs`)
    const printed = await promhive(stage, ['doctor', directory])
    expect(printed.output).toMatch(/^ {2}ok {3}writers\s+1 alive/m)
  })

  test('reports a misspelt variable, and the one that was meant', async ({ stage }) => {
    const right = { PROMHIVE_CONFIG: 'promhive.json', PROMHIVE_CONFIGURATION: '{}' }
    const wrongOnes = { PROMHIVE_DRI: '/x', PROMHIVE_WORKER_LABLE: 'pid' }
    const { code, wrong } = await examine(stage, [], { ...right, ...wrongOnes, ...named(stage) })
    expect(code).toBe(0)
    expect(
      wrong.filter(({ topic }) => topic === 'environment').map(({ text, advice }) => `${text}: ${advice}`),
    ).toEqual([
      "PROMHIVE_DRI is none of promhive's variables: did you mean PROMHIVE_DIR?",
      "PROMHIVE_WORKER_LABLE is none of promhive's variables: did you mean PROMHIVE_WORKER_LABEL?",
    ])
  })

  test('reports values that the code that reads them would refuse', async ({ stage }) => {
    const { code, wrong } = await examine(stage, [], {
      ...named(stage),
      PROMHIVE_WORKERS: 'two',
      PROMHIVE_METRICS_PORT: 'off',
      PROMHIVE_HTTP_NAMES: 'otel',
      PROMETHEUS_MULTIPROCDIR: '/x',
      PROMETHEUS_URL: 'http://somebody.example',
    })
    expect(code).toBe(0)
    expect(wrong.filter(({ topic }) => topic === 'environment').map(({ text }) => text)).toEqual([
      "PROMETHEUS_MULTIPROCDIR is none of promhive's variables",
      'PROMHIVE_WORKERS must be a whole number from 1 to 1024, or auto for one per processor, got "two"',
      'PROMHIVE_HTTP_NAMES must be of prometheus, opentelemetry, gunicorn, flask; got "otel"',
    ])
  })

  test('continues if a directory cannot be checked', async ({ stage }) => {
    const [one, other] = [join(stage.folder(), 'one'), join(stage.folder(), 'other')]
    symlinkSync(one, other)
    symlinkSync(other, one)
    const { code, wrong } = await examine(stage, [one])
    expect(code).toBe(1)
    expect(wrong.find(({ topic }) => topic === 'directory')?.text).toMatch(/one cannot be checked: ELOOP/)
  })

  test.runIf(process.getuid?.() !== 0)('reports a directory that this user cannot read', async ({ stage }) => {
    const directory = stage.directory()
    mkdirSync(directory)
    chmodSync(directory, 0)
    const { code, wrong } = await examine(stage, [directory])
    chmodSync(directory, 0o700)
    expect(code).toBe(1)
    expect(wrong.map(({ text }) => text).join()).toMatch(/mode 0000: this user \(\d+\) cannot read it/)
  })

  test('reports the faults of a directory and its files, and fails', async ({ stage }) => {
    const directory = stage.directory()
    const actor = await stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })
    await actor.ask('count', 'jobs_total', {}, 3)
    await actor.kill()
    chmodSync(directory, 0o777)
    writeFileSync(join(directory, seriesName(1)), 'garbage\n')
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    utimesSync(join(directory, 'notes.txt'), Date.now() / 1000 + 3600, Date.now() / 1000 + 3600)
    const { code, wrong } = await examine(stage, [directory])
    expect(code).toBe(1)
    const told = wrong.map(({ state, topic, text }) => `${state} ${topic}: ${text}`)
    expect(told).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^warn permissions: user \d+, mode 0777: other users can remove files, and add their own$/,
        ),
        expect.stringMatching(/^warn files: 1 files are not promhive's \(notes\.txt, …\)$/),
        expect.stringMatching(/^warn clock: notes\.txt was written in the future$/),
        expect.stringMatching(/^fail files: seat 1 cannot be read/),
      ]),
    )
  })

  test.for(['/tmp', '/'])('refuses %s as a directory', async (directory, { stage }) => {
    const { code, wrong } = await examine(stage, [directory])
    expect(code).toBe(1)
    expect(wrong.filter(({ topic }) => topic === 'directory')[0]!.text).toMatch(/is not only for metrics/)
  })

  test('finds other clients and other versions among the packages', async ({ stage }) => {
    const folder = stage.folder()
    for (const [path, version, name] of [
      ['promhive', '1.0.0'],
      ['plug-in/node_modules/promhive', '2.0.0'],
      ['prom-client', '15.1.300', '@promhive/prom-client'],
      ['@scope/other/node_modules/prom-client', '15.1.3'],
    ]) {
      const place = join(folder, 'node_modules', path!)
      mkdirSync(place, { recursive: true })
      writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version }))
    }
    const { checkPackages } = await import('../../src/cli/doctor/packages-check.js')
    expect(checkPackages(folder).map(({ state, text }) => `${state}: ${text}`)).toEqual([
      'warn: promhive is installed 2 times (1.0.0, 2.0.0)',
      'ok: prom-client 15.1.300 is promhive under that name',
      "warn: prom-client 15.1.3 is installed as well: what plug-ins count with it is not in promhive's scrapes",
    ])
  })
})
