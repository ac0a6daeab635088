import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { promhive, promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const timeout = 120_000

/** Two applications, and the directories of both. */
async function twoApplications(stage: Stage) {
  const [a, b] = [stage.directory('a'), stage.directory('b')]
  const actors = await Promise.all(
    [a, a, b].map((directory) => stage.start('actor.mjs', { env: { PROMHIVE_DIR: directory } })),
  )
  for (const [i, actor] of actors.entries()) {
    await actor.ask('count', 'jobs_total', { who: String(i) }, 10 ** i)
    await actor.ask('setGauge', 'level', 'livesum', i + 1)
  }
  return {
    a,
    b,
    actors,
    all: { 'application="a",who="0"': 1, 'application="a",who="1"': 10, 'application="b",who="2"': 100 },
  }
}

async function exposition(url: string): Promise<Exposition> {
  const { status, body } = await ask(url)
  expect(status).toBe(200)
  return new Exposition(body)
}

describe('promhive serve for several applications', () => {
  test('shows all at /metrics, and one at /probe', { timeout }, async ({ stage }) => {
    const { a, b, actors, all } = await twoApplications(stage)
    const served = await promhiveServe(stage, ['--dir', `a=${a}`, '--dir', `b=${b}`])
    const together = await exposition(served.url)
    expect(together.labelled('jobs_total')).toEqual(all)
    expect(together.labelled('level')).toEqual({ 'application="a"': 3, 'application="b"': 3 })
    const probe = served.url.replace('/metrics', '/probe')
    const one = await exposition(`${probe}?target=a`)
    expect(one.labelled('jobs_total')).toEqual({ 'who="0"': 1, 'who="1"': 10 })
    expect((await exposition(`${probe}?target=b&name[]=level`)).samples).toEqual(new Map([['level', 3]]))
    expect(await ask(probe)).toMatchObject({ status: 400, body: expect.stringContaining('one of: a, b\n') })
    for (const target of ['c', '/etc', '..%2Fb', a]) {
      const body = 'there is no such target; this server has: a, b\n'
      expect(await ask(`${probe}?target=${target}`), target).toMatchObject({ status: 404, body })
    }
    await Promise.all(actors.slice(1).map((actor) => actor.kill()))
    const after = await exposition(served.url)
    expect(after.labelled('jobs_total')).toEqual(all)
    expect(after.labelled('level')).toEqual({ 'application="a"': 1 })
    expect([await served.stop(), served.errors()]).toEqual([0, ''])
  })

  test('shows the others when one directory cannot be read', { timeout }, async ({ stage }) => {
    const { a, b, all } = await twoApplications(stage)
    const file = join(stage.folder(), 'file')
    writeFileSync(file, '')
    const dirs = ['--dir', `broken=${file}`, '--dir', `a=${a}`, '--dir', `b=${b}`]
    const served = await promhiveServe(stage, dirs)
    const up = async () => {
      const { body } = await ask(served.url)
      const lines = body.matchAll(/^promhive_application_up\{application="(\w+)"\} (\d)$/gm)
      return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]))
    }
    expect((await exposition(served.url)).labelled('jobs_total')).toEqual(all)
    expect(await up()).toEqual({ broken: 0, a: 1, b: 1 })
    expect((await ask(served.url.replace('/metrics', '/probe?target=broken'))).status).toBe(503)
    const readyz = await ask(served.url.replace('/metrics', '/readyz'))
    expect([readyz.status, readyz.body]).toEqual([
      200,
      'ready; broken: not ready: the metrics cannot be read (enotdir); the log has the details\n',
    ])
    expect(served.errors()).toContain('broken is omitted from the scrape')

    // The same for a directory that was removed while it was served, and comes back.
    renameSync(a, `${a}-away`)
    expect((await exposition(served.url)).labelled('jobs_total')).toEqual({ 'application="b",who="2"': 100 })
    expect(await up()).toEqual({ broken: 0, a: 0, b: 1 })
    renameSync(`${a}-away`, a)
    rmSync(file)
    expect((await exposition(served.url)).labelled('jobs_total')).toEqual(all)
    // A directory that does not exist has no application yet.
    await until(up, (seen) => seen.a === 1 && seen.broken === 1)
    expect((await ask(served.url.replace('/metrics', '/healthz'))).body).toBe('ok\n')
  })

  test('with one directory without a name answers as before', { timeout }, async ({ stage }) => {
    const { a } = await twoApplications(stage)
    const served = await promhiveServe(stage, ['--dir', a])
    const { body } = await ask(served.url)
    expect(new Exposition(body).labelled('jobs_total')).toEqual({ 'who="0"': 1, 'who="1"': 10 })
    expect(body).not.toContain('application')
    expect((await ask(served.url.replace('/metrics', '/probe?target=a'))).status).toBe(404)
    renameSync(a, `${a}-away`)
    expect((await ask(served.url)).status).toBe(503)
    const readyz = await ask(served.url.replace('/metrics', '/readyz'))
    expect([readyz.status, readyz.body]).toEqual([
      503,
      'not ready: the metrics cannot be read (enoent); the log has the details\n',
    ])
  })

  test.for([
    [['--dir', '/run/a', '--dir', 'b=/run/b'], '--dir NAME=DIR'],
    [['--dir', 'a=/run/a', '--redis', 'redis://127.0.0.1'], 'exclude each other'],
    [['--dir', 'a=/run/a', '--path', '/probe'], '--path cannot be /probe'],
  ] as const)('refuses %j', async ([args, text], { stage }) => {
    const { code, errors } = await promhive(stage, ['serve', '--port', '0', ...args])
    expect([code, errors]).toEqual([1, expect.stringContaining(text)])
  })
})
