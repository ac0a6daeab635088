import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Actor, cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'

const folder = join(root, 'test', 'next')
const next = join(folder, 'node_modules', 'next', 'dist', 'bin', 'next')
const requests = 200

/** Installs Next, once for each lock file: it is too large for every run of the tests. */
function install(): void {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8')
  const installed = join(folder, 'node_modules', '.provisioned')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return
  const { status, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ci in test/next: ${stderr}`)
  writeFileSync(installed, lock)
}

/** Builds the application with promhive as npm installs it: files, not a link. */
function build(output: string): void {
  install()
  provideDist()
  const promhive = join(folder, 'node_modules', 'promhive')
  rmSync(promhive, { recursive: true, force: true })
  for (const part of ['package.json', 'dist', 'prebuilds'])
    cpSync(join(root, part), join(promhive, part), { recursive: true })
  rmSync(join(folder, '.next'), { recursive: true, force: true })
  const env = { ...cleanEnvironment(), OUTPUT: output, NEXT_TELEMETRY_DISABLED: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [next, 'build'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  expect(status, stdout + stderr).toBe(0)
}

const programs = {
  'next start': {
    output: '',
    launch(stage: Stage, port: number, env: Record<string, string>): Actor {
      const args = ['start', '--port', String(port), '--hostname', '127.0.0.1']
      return stage.launch(next, { cwd: folder, args, env })
    },
  },
  '.next/standalone/server.js': {
    output: 'standalone',
    launch(stage: Stage, port: number, env: Record<string, string>): Actor {
      // Elsewhere, without the node_modules of the application above it.
      const cwd = join(stage.folder(), 'deployed')
      cpSync(join(folder, '.next', 'standalone'), cwd, { recursive: true, verbatimSymlinks: true })
      return stage.launch(join(cwd, 'server.js'), { cwd, env: { ...env, PORT: String(port), HOSTNAME: '127.0.0.1' } })
    },
  },
} as const

test.for(Object.entries(programs))(
  '%s: two processes are one application, and a SIGKILL loses nothing',
  async ([, program], { stage }) => {
    build(program.output)
    const env = { PROMHIVE_DIR: stage.directory(), NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' }
    const start = async () => {
      const port = await freePort()
      const actor = program.launch(stage, port, env)
      const url = `http://127.0.0.1:${port}`
      await until(
        () => ask(`${url}/`).catch(() => undefined),
        (answer) => answer?.status === 200 || actor.child.exitCode !== null,
      )
      return { actor, url }
    }
    const [one, two] = await Promise.all([start(), start()])
    for (let i = 0; i < requests; i++) {
      const { status } = await ask(`${(i % 2 === 0 ? one : two).url}/jobs/mail`, 'POST')
      expect(status).toBe(200)
    }
    const counted = [
      `jobs_total{queue="mail"} ${requests}`,
      `http_requests_total{method="POST",route="/jobs/[queue]",status_code="200"} ${requests}`,
    ]
    const scrape = async () => (await ask(`${one.url}/metrics`)).body.split('\n')
    // A request is counted when its answer has been sent, which the client may notice first.
    await until(scrape, (lines) => counted.every((line) => lines.includes(line)))
    await two.actor.kill()
    expect(await scrape()).toEqual(expect.arrayContaining([...counted, 'promhive_writers{state="dead"} 1']))
    expect(one.actor.errors + two.actor.errors).not.toContain('promhive')
  },
)
