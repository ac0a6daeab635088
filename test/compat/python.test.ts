import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { Counter, Gauge, Registry, register } from '../../src/index.js'
import {
  CONTENT_TYPE_LATEST,
  CollectorRegistry,
  generate_latest,
  generateLatest,
  MultiProcessCollector,
  mark_process_dead,
  multiprocess,
  REGISTRY,
} from '../../src/python.js'
import { cwd } from '../helpers/http/shop.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const program = '../../compat/programs/recipe.mjs'

describe('the recipe of Python’s client', () => {
  test('returns all metrics from any process', async ({ stage }) => {
    const env = { PROMETHEUS_MULTIPROC_DIR: stage.directory() }
    const workers = await Promise.all([1, 2, 3].map(() => stage.start(program, { cwd, env })))
    for (const [i, worker] of workers.entries()) await worker.ask('work', (i + 1) * 10)
    const expected = {
      my_counter: 60,
      inprogress_requests: 3,
      job_seconds_count: 3,
      job_seconds_sum: 60,
      'job_seconds_bucket{le="1"}': 0,
      'job_seconds_bucket{le="+Inf"}': 3,
      job_sizes_count: 3,
      job_sizes_sum: 60,
      'build_info{version="1"}': 1,
      'job_state{job_state="idle"}': 0,
      'job_state{job_state="busy"}': 1,
      others_total: 60,
      pool_idle: 4,
    }
    const pages: string[] = []
    for (const worker of workers) {
      pages.push(`http://127.0.0.1:${await worker.ask<number>('serve')}/metrics`)
      const page = await until(
        () => ask(pages.at(-1)!),
        ({ body }) => new Exposition(body).value('my_counter') === 60,
      )
      expect(Object.fromEntries(new Exposition(page.body).samples)).toEqual(expected)
      expect(page.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(page.headers['content-length']).toBe(String(Buffer.byteLength(page.body)))
    }
    await workers[2]!.kill()
    await workers[0]!.ask('manyPages', 1_100)
    const left = await until(
      async () => new Exposition((await ask(pages[1]!)).body),
      (seen) => seen.value('inprogress_requests') === 2,
    )
    expect(Object.fromEntries(left.samples)).toEqual({ ...expected, inprogress_requests: 2 })
    for (const worker of workers.slice(0, 2)) {
      expect(await worker.ask('faults')).toEqual([])
      expect(await worker.ask('warnings')).toEqual([])
    }
  })

  test('shows no family of promhive’s own that processes read of each other', async ({ stage }) => {
    const directory = stage.directory()
    const worker = await stage.start(program, { cwd, env: { PROMETHEUS_MULTIPROC_DIR: directory } })
    await worker.ask('work', 1)
    await worker.ask('label')
    const { body: own } = await ask(`http://127.0.0.1:${await worker.ask<number>('serve')}/metrics`)
    const registry = new CollectorRegistry()
    new MultiProcessCollector(registry, directory)
    for (const page of [own, String(await generateLatest(registry))]) {
      expect(page).toContain('others_total')
      expect(page).not.toContain('promhive_default_labels')
    }
  })

  test('shows each family once where metrics were put into the registry as well', async () => {
    const registry = new CollectorRegistry()
    new Counter({ name: 'recipe_own_total', help: 'X.', registers: [registry] }).inc(2)
    new Counter({ name: 'recipe_both_total', help: 'X.', registers: [registry, register] }).inc(3)
    new Gauge({ name: 'recipe_default', help: 'X.' }).set(4)
    new Gauge({ name: 'recipe_nowhere', help: 'X.', registers: [] }).set(5)
    expect(String(await generateLatest(registry))).not.toContain('recipe_default')
    new MultiProcessCollector(registry)
    new MultiProcessCollector(registry)
    // Throws for a sample that is shown twice.
    const seen = new Exposition(String(await generateLatest(registry)))
    expect(seen.value('recipe_own_total')).toBe(2)
    expect(seen.value('recipe_both_total')).toBe(3)
    expect(seen.value('recipe_default')).toBe(4)
    expect(seen.value('recipe_nowhere')).toBeUndefined()
  })

  test('reads the directory of another application if its path is passed', async ({ stage }) => {
    const dir = stage.directory()
    const env = { PROMHIVE_DIR: dir }
    const worker = await stage.start(program, { cwd, env })
    await worker.ask('work', 7)
    const registry = new CollectorRegistry()
    new Counter({ name: 'recipe_beside_total', help: 'X.', registers: [registry] }).inc()
    new MultiProcessCollector(registry, dir)
    const seen = await until(
      async () => new Exposition(await registry.metrics()),
      (now) => now.value('my_counter') === 7,
    )
    expect(seen.value('others_total')).toBe(7)
    expect(seen.value('recipe_beside_total')).toBe(1)
    expect(seen.value('recipe_default')).toBeUndefined()
  })

  test('takes the default registry, which shows all processes by itself', async () => {
    new MultiProcessCollector(REGISTRY)
    expect(String(await generate_latest())).toBe(await register.metrics())
    expect(CONTENT_TYPE_LATEST).toBe(register.contentType)
    expect(multiprocess.mark_process_dead(process.pid)).toBe(mark_process_dead())
  })

  test.for([
    ['nothing', undefined, undefined, 'registry must be a CollectorRegistry, got undefined'],
    ['another registry', new Registry(), undefined, 'registry must be a CollectorRegistry, got an object'],
    ['a registry of this process', new CollectorRegistry({ scope: 'process' }), undefined, 'make it without scope'],
    ['a path that is none', new CollectorRegistry(), join('/nowhere', 'at all'), 'path must be a directory'],
    ['a path that is not a string', new CollectorRegistry(), 7, 'path must be a directory, got 7'],
    ['a path that is a file', new CollectorRegistry(), import.meta.filename, 'path must be a directory'],
  ] as const)('refuses %s', ([, registry, path, text]) => {
    expect(() => new MultiProcessCollector(registry as never, path as never)).toThrow(text)
  })
})
