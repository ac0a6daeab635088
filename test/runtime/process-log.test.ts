import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { configure } from '../../src/index.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist } from '../helpers/processes/dist.js'
import { test } from '../helpers/processes/stage.js'

const program = join(dirname(fileURLToPath(import.meta.url)), 'programs', 'logs.mjs')

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  provideDist()
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    env: { ...cleanEnvironment(), ...env },
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  expect(stdout).toContain('the application ends')
  expect(status).toBe(0)
  return { stdout, stderr, both: stdout + stderr }
}

const objects = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

describe('a process of an application', () => {
  test('logs the address of its metrics port, and nothing else unless it is asked to', () => {
    expect(run(['counts']).stderr).toMatch(/^promhive: page at (http\S+\/); metrics at \1metrics\n$/)
    expect(run(['counts'], { PROMHIVE_STARTUP: 'off' }).stderr).toBe('')
    expect(run(['counts'], { PROMHIVE_LOG: 'warn' }).stderr).toBe('')
    expect(run(['counts', 'pino', 'warn']).both).not.toContain('metrics at')
  })

  test('logs the address to a logger, and only there', () => {
    const { stdout, stderr } = run(['counts', 'pino'])
    expect(objects(stdout)).toContainEqual(
      expect.objectContaining({
        level: 30,
        event: 'metricsPort',
        url: expect.any(String),
        pageUrl: expect.any(String),
      }),
    )
    expect(stderr).toBe('')
  })

  test('logs its directory, its seat and its server, with PROMHIVE_LOG', ({ stage }) => {
    const directory = stage.directory()
    const { stderr } = run(['counts'], { PROMHIVE_LOG: 'debug', PROMHIVE_DIR: directory })
    const pid = /debug (\d+): /.exec(stderr)?.[1]
    expect(stderr.split('\n')).toEqual([
      `promhive: debug ${pid}: counting in ${directory} (mmap)`,
      `promhive: debug ${pid}: seat 1 of ${directory}`,
      expect.stringMatching(/^promhive: page at (http:\/\/127\.0\.0\.1:\d+\/); metrics at \1metrics$/),
      expect.stringMatching(/^promhive: the metrics port http:\S+ is closed$/),
      '',
    ])
    expect(run(['counts'], { PROMHIVE_LOG: 'info', PROMHIVE_DIR: directory }).stderr).not.toContain('debug')
  })

  test('logs that it counts in memory, and warns of a wrong PROMHIVE_LOG there', () => {
    expect(run(['counts'], { PROMHIVE_LOG: 'debug' }).stderr).toMatch(/^promhive: debug \d+: counting in memory\n/)
    expect(run(['counts'], { PROMHIVE_LOG: 'loud' }).stderr).toContain(
      'PROMHIVE_LOG must be error, warn, info or debug',
    )
  })

  test('logs JSON lines with PROMHIVE_LOG=debug:json, warnings among them', ({ stage }) => {
    const env = { PROMHIVE_LOG: 'debug:json', PROMHIVE_DIR: stage.directory() }
    const { stderr } = run(['collects'], env)
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['backend', 'seat', 'fault']))
    const faults = lines.filter(({ event }) => event === 'fault')
    expect(faults[0]).toMatchObject({ level: 'warn', code: 'COLLECT_FAILED', name: 'promhive' })
    // The same fault again is no second warning.
    expect(faults.slice(1).map(({ level }) => level)).toEqual(faults.slice(1).map(() => 'debug'))
    expect(faults.length).toBeGreaterThan(1)
  })

  test('warns through Node without a logger, and once', ({ stage }) => {
    const { stderr } = run(['collects'], { PROMHIVE_DIR: stage.directory() })
    expect(stderr.match(/PROMHIVE_COLLECT_FAILED/g)).toHaveLength(1)
  })

  test('logs that a directory can be used again', ({ stage }) => {
    const directory = stage.directory()
    const { stderr } = run(['recovers'], { PROMHIVE_LOG: 'info', PROMHIVE_DIR: directory })
    expect(stderr).toContain('PROMHIVE_DIRECTORY_UNUSABLE')
    expect(stderr.match(/can be used again/g)).toHaveLength(1)
  })

  test('logs that a backend works again, and no secret', () => {
    const { stderr } = run(['backend'], { PROMHIVE_LOG: 'debug' })
    expect(stderr).toContain('counting in its store (flaky)')
    expect(stderr.match(/FLUSH_FAILED/g)?.length).toBeGreaterThan(1)
    expect(stderr.match(/flaky works again/g)).toHaveLength(1)
    expect(stderr).not.toContain('never-in-a-log')
  })

  test('a level that cannot be is warned of, and counts as none', () => {
    const { stderr } = run(['counts'], { PROMHIVE_LOG: 'verbose' })
    expect(stderr).toContain('PROMHIVE_LOG must be error, warn, info or debug')
    expect(stderr).not.toContain('is closed')
  })

  test('writes to pino, with the facts first', ({ stage }) => {
    const lines = objects(run(['collects', 'pino', 'debug'], { PROMHIVE_DIR: stage.directory() }).stdout)
    const fault = lines.find(({ event }) => event === 'fault')!
    expect(fault).toMatchObject({ level: 40, code: 'COLLECT_FAILED', msg: expect.stringContaining('fails_total') })
    expect(lines).toContainEqual(expect.objectContaining({ level: 20, event: 'seat' }))
  })

  test('writes to winston, with the message first', ({ stage }) => {
    const lines = objects(run(['collects', 'winston', 'debug'], { PROMHIVE_DIR: stage.directory() }).both)
    const fault = lines.find(({ event }) => event === 'fault')!
    expect(fault).toMatchObject({ level: 'warn', code: 'COLLECT_FAILED', message: expect.stringContaining('fails_') })
    expect(lines).toContainEqual(expect.objectContaining({ level: 'debug', event: 'seat' }))
  })

  test('writes plain lines to console, down to info', ({ stage }) => {
    const { stdout, stderr } = run(['counts', 'console'], { PROMHIVE_DIR: stage.directory() })
    expect(stdout).toMatch(/^promhive: page at http\S+; metrics at http\S+$/m)
    expect(stdout + stderr).not.toContain('seat')
  })

  test('a logger that throws breaks nothing', ({ stage }) => {
    for (const part of ['counts', 'collects', 'backend']) {
      expect(run([part, 'broken', 'debug'], { PROMHIVE_DIR: stage.directory() }).stderr).not.toContain('is broken')
    }
  })

  test('a value that is neither a logger nor a level is refused', () => {
    expect(() => configure({ logger: 'pino' as never })).toThrow(/logger must have error\(\), warn\(\) and info\(\)/)
    expect(() => configure({ logLevel: 'verbose' as never })).toThrow(/logLevel must be error, warn, info or debug/)
  })
})
