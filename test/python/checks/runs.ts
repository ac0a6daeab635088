import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { filesIn, readDirectory } from '../../helpers/processes/reading.js'
import { until } from '../../helpers/processes/until.js'
import { Application, one, program, scraped, sees, shows } from '../../limitations/application.js'
import type { Check, Setting } from '../behaviour.js'

export const lowerCaseVariable: Check = async ({ stage, env }) => {
  const directory = stage.directory()
  const options = { env: { ...env, prometheus_multiproc_dir: directory } }
  const actors: Actor[] = []
  for (let i = 0; i < 2; i++) {
    const actor = await stage.start(program, options)
    await actor.ask('make', 'Counter', { name: 'c_total', help: 'Counted.' })
    await actor.ask('call', 'c_total', 'inc')
    actors.push(actor)
  }
  for (const actor of actors) {
    await shows(actor, 'c_total', one(2))
    const codes = (await actor.ask<{ code: string }[]>('warnings')).map(({ code }) => code)
    expect(codes.filter((code) => code !== 'PROMHIVE_BUFFERED')).toEqual([])
  }
  expect(filesIn(directory).filter((name) => name.endsWith('.values'))).toHaveLength(2)
}

export const markingTheDead: Check = async ({ stage, env }) => {
  const directory = stage.directory()
  const actor = await stage.start(program, { env: { ...env, prometheus_multiproc_dir: directory } })
  await actor.ask('make', 'Gauge', { name: 'g', help: 'Level.' })
  await actor.ask('call', 'g', 'set', 3)
  // Even if a process reports its own death too early, nothing is removed.
  for (const pid of [actor.pid, 1, undefined]) await actor.ask('markProcessDead', pid)
  await shows(actor, 'g', one(3))
}

export const childrenOfACluster: Check = async ({ stage, env }) => {
  const primary = await stage.start('cluster.mjs', { env: { ...env, PROMHIVE_DIR: stage.directory() } })
  await primary.ask('count', 'c_total', {}, 2)
  await primary.ask('startWorker', 'child')
  await primary.ask('askWorker', 'child', 'count', 'c_total')
  const asks = [() => primary.ask<string>('scrape'), () => primary.ask<string>('askWorker', 'child', 'scrape')]
  for (const ask of asks) await until(ask, (text) => /^c_total 3$/m.test(text))
  // What the child counts is its own: the end of it takes nothing from the primary's, and leaves its own.
  await primary.ask('killWorker', 'child', 'SIGKILL')
  expect(await primary.ask('scrape')).toMatch(/^c_total 3$/m)
}

export const aSeatForEachProcess: Check = async ({ stage, env }) => {
  const directory = stage.directory()
  const values = () => filesIn(directory).filter((name) => name.endsWith('.values'))
  const primary = await stage.start('cluster.mjs', { env: { ...env, PROMHIVE_DIR: directory } })
  await primary.ask('count', 'c_total')
  expect(values()).toHaveLength(1)
  await primary.ask('startWorker', 'child')
  for (let i = 0; i < 2; i++) {
    await primary.ask('askWorker', 'child', 'count', `c${i}_total`)
    expect(values()).toHaveLength(2)
  }
  await primary.ask('count', 'more_total')
  expect(values()).toHaveLength(2)
}

export const filesThatVanish: Check = async (setting) => {
  const { app, first, second } = await threeThatCounted(setting)
  await second.kill()
  for (const name of filesIn(app.directory)) if (name.startsWith('0002')) rmSync(join(app.directory, name))
  // Of the one whose files are gone nothing is known any more; that of the others is shown.
  await app.shows('level', { 'worker="1"': 1, 'worker="3"': 3 })
  expect((await scraped(first)).value('c_total')).toBeGreaterThanOrEqual(4)
  rmSync(app.directory, { recursive: true })
  // All of them: living processes take a seat again with their counts, at the latest when they are scraped.
  for (const actor of app.living()) await scraped(actor)
  await app.shows('c_total', one(4))
}

export const seriesCanBeRemoved: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 3)
  await app.make('Counter', { name: 'c_total', labelNames: ['a'] })
  for (const a of ['1', '2']) await app.all('call', 'c_total', 'inc', { a })
  await app.shows('c_total', { 'a="1"': 3, 'a="2"': 3 })
  await app.actors[2]!.kill()
  await app.actors[0]!.ask('call', 'c_total', 'remove', '1')
  await app.shows('c_total', { 'a="2"': 3 })
  await app.actors[1]!.ask('call', 'c_total', 'clear')
  await app.shows('c_total', {})
  for (const actor of app.living()) {
    const codes = (await actor.ask<{ code: string }[]>('warnings')).map(({ code }) => code)
    expect(codes.filter((code) => code !== 'PROMHIVE_BUFFERED')).toEqual([])
  }
}

export const aProcessThatComesBack: Check = async (setting) => {
  const { app, second } = await threeThatCounted(setting)
  await app.make('Gauge', { name: 'latest', mode: 'mostrecent' })
  await second.ask('call', 'latest', 'set', 7)
  await app.shows('latest', one(7))
  await second.kill()
  const heir = await app.join()
  await heir.ask('make', 'Counter', { name: 'c_total', help: 'c_total.' })
  await heir.ask('call', 'c_total', 'inc', 10)
  // It has the seat, the counts and the gauge with its time.
  await app.shows('c_total', one(16))
  await app.shows('latest', one(7))
  expect(filesIn(app.directory).filter((name) => name.endsWith('.values'))).toHaveLength(3)
  await app.actors[0]!.ask('call', 'latest', 'set', 1)
  await app.shows('latest', one(1))
}

export const aVeryLongKey: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.make('Counter', { name: 'c_total', labelNames: ['a'] })
  const a = 'ä\\'.repeat(50_000)
  await app.all('call', 'c_total', 'inc', { a })
  await app.all('call', 'c_total', 'inc', { a: 'short' })
  await app.shows('c_total', { [`a="${'ä\\\\'.repeat(50_000)}"`]: 2, 'a="short"': 2 })
}

export const manySeries: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  const many = 12_000
  await app.all('countMany', 'c_total', 0, 10)
  await app.all('countMany', 'c_total', 10, many - 10)
  // Again the earliest and the latest: their values are unchanged.
  await app.actors[1]!.ask('countMany', 'c_total', 0, 1)
  await app.actors[1]!.ask('countMany', 'c_total', many - 1, 1)
  for (const actor of app.actors) {
    const scrape = await sees(actor, (seen) => seen.total('c_total') === 2 * many + 2)
    const shown = scrape.labelled('c_total')
    expect(Object.keys(shown)).toHaveLength(many)
    expect(Object.keys(shown)).toEqual(Object.keys(shown).sort())
    for (const i of [0, many - 1]) expect(shown[`series="${i}"`]).toBe(3)
    for (const i of [1, 9, 10, 4711]) expect(shown[`series="${i}"`]).toBe(2)
  }
}

export const junkInAFile: Check = async (setting) => {
  const { app, first, second } = await threeThatCounted(setting)
  await second.kill()
  const names = join(app.directory, filesIn(app.directory).find((name) => name === '0002.series')!)
  const bytes = readFileSync(names)
  writeFileSync(names, bytes.fill(0xff, Math.floor(bytes.length / 3)))
  // Read by a process that does not know the earlier values.
  const { scrape, errors } = await readDirectory(app.directory)
  expect(scrape.value('c_total')).toBeGreaterThanOrEqual(4)
  expect(scrape.labelled('level')).toMatchObject({ 'worker="1"': 1, 'worker="3"': 3 })
  expect(errors.map(({ code }) => code)).toContain('FILE_UNREADABLE')
  const newcomer = await setting.stage.start(program, {
    env: { ...setting.env, PROMHIVE_DIR: app.directory },
  })
  let text = await newcomer.ask<string>('text')
  // The process that takes the seat over repairs the file, and counts the repair: its second scrape shows that.
  if (!text.includes('promhive_unreadable_files{')) text = await newcomer.ask<string>('text')
  expect(text).toMatch(/^promhive_(?:unreadable_files\{reason="\w+"\}|errors_total\{code="FILE_UNREADABLE"\}) [1-9]/m)
  expect((await scraped(first)).labelled('level')).toMatchObject({ 'worker="1"': 1, 'worker="3"': 3 })
}

export const noDirectoryNamed: Check = async ({ stage, env }) => {
  const [alone, other] = [await stage.start(program, { env }), await stage.start(program, { env })]
  for (const actor of [alone, other]) {
    await actor.ask('make', 'Counter', { name: 'c_total', help: 'Counted.' })
    await actor.ask('call', 'c_total', 'inc', 3)
  }
  // Each is an application of its own.
  for (const actor of [alone, other]) {
    await shows(actor, 'c_total', one(3))
    expect(await actor.ask('faults')).toEqual([])
  }
}

export const pathOfAFile: Check = async ({ stage, env }) => {
  const file = join(stage.folder(), 'a-file')
  writeFileSync(file, 'mine')
  const actors = [
    await stage.start(program, { env: { ...env, PROMETHEUS_MULTIPROC_DIR: file } }),
    await stage.start(program, { env }),
  ]
  expect(await actors[1]!.ask('codeOf', 'configure', { dir: file })).toBeUndefined()
  for (const actor of actors) {
    await actor.ask('make', 'Counter', { name: 'c_total', help: 'Counted.' })
    await actor.ask('call', 'c_total', 'inc', 3)
    // It continues to count alone, and reports the reason.
    await shows(actor, 'c_total', one(3))
    const [fault] = await actor.ask<{ code: string; message: string }[]>('faults')
    expect(fault).toMatchObject({ code: 'DIRECTORY_UNUSABLE' })
    expect(fault!.message).toContain(file)
    expect(await actor.ask('codeOf', 'configure', { dir: file, strict: true })).toBe('DIRECTORY_UNUSABLE')
    await shows(actor, 'c_total', one(3))
  }
  expect(readFileSync(file, 'utf8')).toBe('mine')
}

/** Three processes on seats 1 to 3, with a counter of 6 in all and a gauge of each. */
async function threeThatCounted({ stage, env }: Setting) {
  const app = await Application.start(stage, env, 3)
  await app.make('Counter', { name: 'c_total' })
  await app.make('Gauge', { name: 'level', mode: 'all' })
  for (const [i, actor] of app.actors.entries()) {
    await actor.ask('call', 'c_total', 'inc', i + 1)
    await actor.ask('call', 'level', 'set', i + 1)
  }
  await app.shows('c_total', one(6))
  await app.shows('level', { 'worker="1"': 1, 'worker="2"': 2, 'worker="3"': 3 })
  const [first, second, third] = app.actors as [Actor, Actor, Actor]
  return { app, first, second, third }
}
