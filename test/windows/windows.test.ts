import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { until } from '../helpers/processes/until.js'
import { hasWine, Windows, type WindowsProgram } from '../helpers/wine.js'

/** The value of a sample line. */
async function value(url: string, sample: string): Promise<number> {
  const { body } = await ask(url)
  const line = body.split('\n').find((each) => each.startsWith(`${sample} `))
  return Number(line?.slice(sample.length + 1) ?? Number.NaN)
}

async function askTimes(count: number, url: string): Promise<string[]> {
  const answers: string[] = []
  for (let i = 0; i < count; i++) answers.push((await ask(url)).body)
  return answers
}

describe.skipIf(!hasWine)('on Windows, as Wine runs it', () => {
  let windows: Windows
  let shop: WindowsProgram
  let metrics: string
  let port: string

  beforeAll(async () => {
    windows = await Windows.start()
    shop = windows.node(['shop.cjs'])
    metrics = await shop.says(/metrics at (\S+)/)
    port = await shop.says(/listening 3 on (\d+)/)
  })
  afterAll(() => windows?.stop())

  test('a cluster counts together, exactly, through a killed worker', async () => {
    const url = `http://127.0.0.1:${port}/`
    expect(new Set(await askTimes(30, url)).size).toBe(3)
    expect(await value(metrics, 'purchases_total{size="small"}')).toBe(30)
    const [victim] = windows.pids('shop.cjs').filter((pid) => pid !== shop.process.pid)
    await askTimes(6, `${url}many`)
    process.kill(victim!, 'SIGKILL')
    await shop.says(/listening 4 on/)
    await askTimes(30, url)
    expect(await value(metrics, 'purchases_total{size="small"}')).toBe(60)
    expect(await value(metrics, 'purchases_total{size="large"}')).toBe(6000)
    expect(shop.errors).not.toContain('DIRECTORY')
  })

  test('threads count together', async () => {
    expect(await windows.node(['threads.cjs']).result()).toBe('jobs_total 300\n')
  })

  test('doctor, inspect and serve find the application in the temporary folder of the user', async () => {
    const serve = windows.promhive(['serve', '--port', '0'])
    const [doctor, inspect] = await Promise.all([
      windows.promhive(['doctor']).result(),
      windows.promhive(['inspect']).result(),
    ])
    expect(doctor).toMatch(/ok {3}writer {7}mmap/)
    expect(doctor).toMatch(/ok {3}directory {4}C:\\users\\root\\Temp\\promhive-user\\\S+ on a disk/)
    expect(doctor).toMatch(/ok {3}permissions {2}in the profile of this user/)
    expect(doctor).toMatch(/ok {3}system {7}Windows has no signals/)
    expect(doctor).not.toMatch(/^ {2}(?:warn|fail)/m)
    expect(inspect).toMatch(/: [34] seats, [34] alive, 0 dead/)
    const url = await serve.says(/(http:\S+\/metrics)/)
    await askTimes(1, `http://127.0.0.1:${port}/many`)
    expect(await value(url, 'purchases_total{size="large"}')).toBe(
      await value(metrics, 'purchases_total{size="large"}'),
    )
    serve.process.kill('SIGKILL')
  })

  test('run replaces a killed worker, reloads and stops by message, and loses neither a count nor a request', async () => {
    const [port, metricsPort] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}/`
    const scrape = `http://127.0.0.1:${metricsPort}/metrics`
    const dir = 'C:\\users\\root\\my counts'
    const run = ['run', 'server.cjs', '--workers', '2', '--port', String(metricsPort), '--dir', dir]
    const parent = windows.node(['parent.cjs', ...run, '--bind', `127.0.0.1:${port}`])
    const orders = `http://127.0.0.1:${await parent.says(/orders on (\d+)/)}/`
    await until(
      () => parent.errors + parent.output,
      (text) => text.includes('workers serve'),
    )
    expect(existsSync(join(windows.folder, '..', 'my counts', 'control'))).toBe(true)
    await askTimes(20, url)
    const [victim] = windows.pids('supervised.js')
    process.kill(victim!, 'SIGKILL')
    await until(
      () => parent.errors + parent.output,
      (text) => /serves, after 1 end/.test(text),
    )
    await askTimes(20, url)
    const before = new Set(await askTimes(10, url))
    const slow = ask(`${url}slow`)
    await ask(`${orders}SIGHUP`)
    expect((await slow).status).toBe(200)
    await until(
      () => parent.errors + parent.output,
      (text) => text.split('(reload)').length === 3,
    )
    const after = await askTimes(9, url)
    expect(after.some((pid) => before.has(pid))).toBe(false)
    expect(await value(scrape, 'purchases_total')).toBe(60)
    expect(await value(scrape, 'promhive_primary_signals_total{signal="hup"}')).toBe(1)
    await ask(`${orders}shutdown`)
    expect(await parent.result()).toContain('ended with 0')
    // The application receives the signal that it listens for.
    expect(parent.output.match(/goodbye from/g)).toHaveLength(4)
  })

  test('without the addon, a cluster counts together, through a killed worker', async () => {
    const portable = windows.node(['shop.cjs', 'portable'], { env: { PROMHIVE_NATIVE: 'off' } })
    const metrics = await portable.says(/metrics at (\S+)/)
    const url = `http://127.0.0.1:${await portable.says(/listening 3 on (\d+)/)}/`
    await askTimes(30, url)
    // What was counted up to 100 ms ago may not be written yet.
    await until(
      () => value(metrics, 'purchases_total{size="small"}'),
      (seen) => seen === 30,
    )
    const [victim] = windows.pids('portable').filter((pid) => pid !== portable.process.pid)
    process.kill(victim!, 'SIGKILL')
    await portable.says(/listening 4 on/)
    await askTimes(30, url)
    await until(
      () => value(metrics, 'purchases_total{size="small"}'),
      (seen) => seen === 60,
    )
    expect(portable.errors).toContain('PROMHIVE_BUFFERED')
    portable.process.kill('SIGKILL')
  })

  test('a text file is replaced although a reader keeps it for itself at intervals', async () => {
    expect(await windows.node(['text-file.cjs']).result()).toBe('held true: jobs_total 25, faults 0\n')
  })

  test('a new run removes the files of the one before, and begins at 0', async () => {
    const env = { PROMHIVE_DIR: 'C:\\users\\root\\run after run' }
    for (const [run, purchases] of [3, 5].entries()) {
      const next = windows.node(['shop.cjs', `run-${run}`], { env })
      const metrics = await next.says(/metrics at (\S+)/)
      await askTimes(purchases, `http://127.0.0.1:${await next.says(/listening 3 on (\d+)/)}/`)
      expect(await value(metrics, 'purchases_total{size="small"}')).toBe(purchases)
      for (const pid of windows.pids(`run-${run}`)) process.kill(pid, 'SIGKILL')
      await next.ended
    }
    const names = readdirSync(join(windows.folder, '..', 'run after run'))
    expect(names.filter((name) => name.startsWith('bad-'))).toEqual([])
  })

  test('what Windows lacks is named', async () => {
    const refused: readonly (readonly [readonly string[], string])[] = [
      [['run', 'server.cjs', '--user', 'shop'], '--user: Windows has no users with numbers'],
      [['run', 'server.cjs', '--stats', 'unix:/stats'], '(unix:/path needs a system with Unix sockets)'],
      [['wipe', 'C:\\users\\root\\new counts', '--mode', '0755'], 'Windows has access lists instead'],
      [['wipe', 'C:\\Windows\\counts'], 'C:\\Windows\\counts belongs to Windows'],
      [['wipe', 'C:\\users\\root\\temp'], 'is not only for metrics'],
      [['wipe', 'C:\\'], 'is not only for metrics'],
    ]
    const programs = refused.map(([args, text]) => ({ text, program: windows.promhive(args) }))
    for (const { text, program } of programs) {
      expect(await program.ended).toBe(1)
      expect(program.errors).toContain(text)
    }
  })
})
