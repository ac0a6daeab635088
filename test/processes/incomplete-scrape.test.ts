import { chmodSync, chownSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect } from 'vitest'
import type { Actor } from '../helpers/processes/actor.js'
import { promhiveServe } from '../helpers/processes/command.js'
import { Exposition } from '../helpers/processes/exposition.js'
import { ask } from '../helpers/processes/http.js'
import { type Stage, sharedBackends, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

/** Tests of users need root to become them. */
const isRoot = process.getuid?.() === 0
const nobody = 65_534
const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']

type Env = Readonly<Record<string, string>>

/** Three processes that have counted 1, 2 and 3. */
async function threeProcesses(
  stage: Stage,
  directory: string,
  env: Env,
  options: { readonly wrapper?: readonly string[] } = {},
): Promise<Actor[]> {
  const start = (): Promise<Actor> =>
    stage.start('loses-access.mjs', { env: { ...env, PROMHIVE_DIR: directory }, ...options })
  const actors = await Promise.all([start(), start(), start()])
  for (const [i, actor] of actors.entries()) {
    const amount = i + 1
    await actor.ask('count', 'jobs_total', {}, amount)
    await actor.ask('count', 'own_total', { of: String(amount) }, amount)
    await actor.ask('setGauge', 'level', 'livesum', amount)
  }
  // The last count becomes visible last.
  await until(
    () => shown(actors[0]!),
    (seen) => seen?.value('level') === 6,
  )
  return actors
}

/** The numbers that a process shows; undefined if it refuses. */
async function shown(actor: Actor): Promise<Exposition | undefined> {
  try {
    return new Exposition(await actor.ask('scrape'))
  } catch (error) {
    expect((error as { code?: string }).code).toBe('SCRAPE_INCOMPLETE')
    return undefined
  }
}

function expectAll(seen: Exposition | undefined): void {
  expect(seen?.value('jobs_total')).toBe(6)
  expect(seen?.labelled('own_total')).toEqual({ 'of="1"': 1, 'of="2"': 2, 'of="3"': 3 })
  expect(seen?.value('level')).toBe(6)
}

async function hasReported(actor: Actor, code: string): Promise<boolean> {
  return (await actor.ask<{ code: string }[]>('faults')).some((fault) => fault.code === code)
}

/** A directory of another user. */
function directoryOfNobody(stage: Stage): string {
  const directory = stage.directory()
  chownSync(dirname(directory), nobody, nobody)
  return directory
}

describe.each(sharedBackends)('$backend: a scrape never lacks what could not be read', ({ env }) => {
  test('the directory is removed, and made again by the first process that notices', async ({ stage }) => {
    const directory = stage.directory()
    const actors = await threeProcesses(stage, directory, env)
    for (const actor of actors)
      await until(
        () => shown(actor),
        (seen) => seen?.value('jobs_total') === 6,
      )
    rmSync(directory, { recursive: true })
    // The others join again within seconds.
    for (const actor of [...actors, ...actors]) expectAll(await shown(actor))
    await actors[1]!.kill()
    // A process that has not written its counts again takes them along; its gauge goes in any case.
    await until(
      () => shown(actors[0]!),
      (seen) => seen?.value('level') === 4,
    )
  })

  test.skipIf(!isRoot)('the directory is removed, and cannot be made again', async ({ stage }) => {
    const directory = directoryOfNobody(stage)
    const actors = await threeProcesses(stage, directory, env, { wrapper: asNobody })
    const [read, , unread] = actors as [Actor, Actor, Actor]
    chmodSync(dirname(directory), 0o555)
    stage.after(() => chmodSync(dirname(directory), 0o755))
    rmSync(directory, { recursive: true })
    await read.ask('count', 'own_total', { of: '1' }, 10)
    const seen = await shown(read)
    expect(seen?.value('jobs_total')).toBe(6)
    expect(seen?.value('level')).toBe(6)
    // Its own numbers are those of this moment.
    expect(seen?.labelled('own_total')).toEqual({ 'of="1"': 11, 'of="2"': 2, 'of="3"': 3 })
    expect(await hasReported(read, 'FILE_UNREADABLE')).toBe(true)
    // A process that has never seen the others refuses.
    expect(await shown(unread)).toBeUndefined()
    const { url } = await unread.ask<{ url: string }>('serve', { port: 0 })
    const { status, body } = await ask(url)
    expect(status).toBe(503)
    expect(body).toContain(directory)
    chmodSync(dirname(directory), 0o755)
    // A scrape has each of them join at once; else it takes some seconds.
    for (const actor of actors) await shown(actor)
    for (const actor of actors) {
      await until(
        () => shown(actor),
        (all) => all?.value('jobs_total') === 6,
      )
    }
  })

  test.skipIf(!isRoot)('the directory cannot be listed', async ({ stage }) => {
    const directory = directoryOfNobody(stage)
    const [read, , unread] = await threeProcesses(stage, directory, env, { wrapper: asNobody })
    chmodSync(directory, 0)
    stage.after(() => chmodSync(directory, 0o700))
    await read!.ask('count', 'own_total', { of: '1' }, 10)
    const seen = await shown(read!)
    expect(seen?.value('jobs_total')).toBe(6)
    expect(seen?.labelled('own_total')).toEqual({ 'of="1"': 11, 'of="2"': 2, 'of="3"': 3 })
    expect(await shown(unread!)).toBeUndefined()
    chmodSync(directory, 0o700)
    const after = await until(
      () => shown(unread!),
      (all) => all?.value('jobs_total') === 6,
    )
    expect(after?.labelled('own_total')).toEqual({ 'of="1"': 11, 'of="2"': 2, 'of="3"': 3 })
  })

  test.skipIf(!isRoot)('a worker changes its user after its first count', async ({ stage }) => {
    const directory = stage.directory()
    const [read, keeps, unread] = await threeProcesses(stage, directory, env)
    for (const actor of [read!, unread!]) await actor.ask('setuid', nobody)
    for (const actor of [read!, unread!]) await actor.ask('count', 'jobs_total', {}, 10)
    const seen = await shown(read!)
    expect(seen?.value('jobs_total')).toBe(16)
    expect(seen?.value('own_total{of="2"}')).toBe(2)
    expect(await shown(unread!)).toBeUndefined()
    // A process that may read the directory sees their counts there.
    await until(
      () => shown(keeps!),
      (all) => all?.value('jobs_total') === 26,
    )
  })

  test('no file can be opened during a scrape', async ({ stage }) => {
    const directory = stage.directory()
    const wrapper = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh']
    const actors = await threeProcesses(stage, directory, env, { wrapper })
    const [read, , unread] = actors as [Actor, Actor, Actor]
    for (const actor of [read, unread]) expect(await actor.ask('exhaust')).toBeGreaterThan(0)
    await read.ask('count', 'own_total', { of: '1' }, 10)
    for (let i = 0; i < 2; i++) {
      const seen = await shown(read)
      expect(seen?.value('jobs_total')).toBe(6)
      expect(seen?.value('level')).toBe(6)
      expect(seen?.labelled('own_total')).toEqual({ 'of="1"': 11, 'of="2"': 2, 'of="3"': 3 })
    }
    expect(await shown(unread)).toBeUndefined()
    // With a few descriptors, a scrape gets as far as the control file, or the first seats.
    for (const left of [1, 2, 3]) {
      await unread.ask('recover')
      await unread.ask('exhaust', left)
      const seen = await shown(unread)
      if (seen !== undefined) expect(seen.value('jobs_total')).toBe(6)
    }
    for (const actor of actors) await actor.ask('recover')
    for (const actor of actors) {
      await until(
        () => shown(actor),
        (all) => all?.value('own_total{of="1"}') === 11 && all.value('level') === 6,
      )
    }
  })
})

test('a process that cannot open files at its first count joins the others as soon as it can', async ({ stage }) => {
  const directory = stage.directory()
  const wrapper = ['sh', '-c', 'ulimit -n 64 && exec "$@"', 'sh']
  const options = { env: { PROMHIVE_DIR: directory }, wrapper }
  const [one, two] = [await stage.start('loses-access.mjs', options), await stage.start('loses-access.mjs', options)]
  await one.ask('count', 'jobs_total', {}, 1)
  await two.ask('exhaust')
  await two.ask('count', 'jobs_total', {}, 2)
  expect(await shown(two)).toBeUndefined()
  expect(await hasReported(two, 'DIRECTORY_UNUSABLE')).toBe(true)
  await two.ask('recover')
  for (const actor of [two, one, two]) expect((await shown(actor))?.value('jobs_total')).toBe(3)
})

describe('promhive serve', () => {
  test.skipIf(!isRoot)('answers with an error, or with values that it read before', async ({ stage }) => {
    const directory = directoryOfNobody(stage)
    await threeProcesses(stage, directory, {}, { wrapper: asNobody })
    chmodSync(directory, 0)
    stage.after(() => chmodSync(directory, 0o700))
    const [command, ...args] = asNobody
    const served = await promhiveServe(stage, ['--dir', directory], {}, [command!, ...args])
    const refused = await ask(served.url)
    expect(refused.status).toBe(503)
    expect(refused.body).toMatch(/cannot be listed \(EACCES\)/)
    chmodSync(directory, 0o700)
    const answered = await ask(served.url)
    expect(answered.status).toBe(200)
    expectAll(new Exposition(answered.body))
    chmodSync(directory, 0)
    const kept = await ask(served.url)
    expect(kept.status).toBe(200)
    expectAll(new Exposition(kept.body))
    expect(kept.body).toMatch(/^promhive_unreadable_files\{reason="eacces"\} [1-9]/m)
  })

  test('answers with an error once the directory was removed', async ({ stage }) => {
    const directory = stage.directory()
    const served = await promhiveServe(stage, ['--dir', directory])
    // The application may start later.
    expect((await ask(served.url)).status).toBe(200)
    const [actor] = await threeProcesses(stage, directory, {})
    expectAll(new Exposition((await ask(served.url)).body))
    rmSync(directory, { recursive: true })
    const { status, body } = await ask(served.url)
    expect(status).toBe(503)
    expect(body).toContain(directory)
    expectAll(await shown(actor!))
    expectAll(new Exposition((await ask(served.url)).body))
  })
})
