import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect } from 'vitest'
import { hasEtcd } from '../helpers/etcd/etcd-server.js'
import { hasNginx, hasSupervisor } from '../helpers/example-programs.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { ask } from '../helpers/processes/http.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { appUser, asUser, canChangeUser } from '../helpers/processes/users.js'
import { hasPrometheus } from '../helpers/prometheus-server.js'
import { hasStatsd } from '../helpers/statsd/statsd-server.js'

const program = join(root, 'examples', 'behind-nginx', 'example.mjs')
const isRoot = process.getuid?.() === 0

describe.skipIf(!hasNginx || !hasPrometheus)('the example behind nginx', { concurrent: true }, () => {
  describe.each([
    { variant: 'run', skipped: false },
    { variant: 'supervisor', skipped: !hasSupervisor },
  ])('under $variant', ({ variant, skipped }) => {
    test.skipIf(skipped)('proves that each request is in Prometheus, and leaves nothing behind', async ({ stage }) => {
      const example = new Example(stage, ['--prove', '--variant', variant])
      const { code, output, errors } = await example.end()
      expect(errors + failures(output)).toBe('')
      expect(code).toBe(0)
      const claims = claimsIn(output)
      expect(claims.length).toBe((isRoot ? 3 : 0) + (variant === 'supervisor' ? 21 : 20))
      for (const claim of ['all requests that users sent', 'requests that were answered']) {
        const [, sent, counted] = new RegExp(`${claim} +users (\\d+), Prometheus (\\d+)`).exec(output) ?? []
        expect(Number(sent)).toBeGreaterThan(40)
        expect(counted).toBe(sent)
      }
      expect(example.left()).toEqual([])
    })
  })

  test('shows a counter that decreases, and one that does not with promhive', async ({ stage }) => {
    const example = new Example(stage, ['--naive'])
    const { code, output, errors } = await example.end()
    expect(errors + failures(output)).toBe('')
    expect(code).toBe(0)
    expect(claimsIn(output)).toHaveLength(6)
    const [alone, together] = [...output.matchAll(/^ {2}\d[\d\s]+$/gm)].map(([text]) =>
      text.trim().split(/\s+/).map(Number),
    )
    const decreases = (values: readonly number[]) => values.some((value, i) => value < values[i - 1]!)
    expect([decreases(alone!), decreases(together!)]).toEqual([true, false])
    expect(together!.at(-1)).toBe(400)
    expect(example.left()).toEqual([])
  })

  test.skipIf(!hasEtcd)('measures what the alternatives cost, as explain says', async ({ stage }) => {
    const example = new Example(stage, ['--compare'])
    const { code, output, errors } = await example.end()
    expect(errors + failures(output)).toBe('')
    expect(code).toBe(0)
    expect(claimsIn(output)).toHaveLength(hasStatsd ? 5 : 4)
    const series = (name: string) => Number(new RegExp(`${name}: measured .*?(\\d+) in`).exec(output)![1])
    const merged = series('all workers merged')
    expect(merged).toBeGreaterThan(100)
    // 4 workers, and a series of the process that a worker may not have yet.
    expect(series('a range of ports') / merged).toBeGreaterThan(3.5)
    expect(series('etcd')).toBe(series('a range of ports'))
    expect(example.left()).toEqual([])
  })

  test.skipIf(!canChangeUser)('runs without root until Ctrl-C, and says so', async ({ stage }) => {
    const example = new Example(stage, ['--no-traffic'], { wrapper: asUser(appUser) })
    const output = await until(
      () => example.output,
      (text) => text.includes('Ctrl-C') || example.over,
    )
    expect(output).toContain('Not started as root: everything runs as you, and no privileges are dropped.')
    const address = (name: string) => new RegExp(`${name} +(http\\S+)`).exec(output)![1]!
    const metrics = address('metrics')
    expect((await ask(metrics)).body).toContain('shop_orders_total{payment="card"} 1\n')
    expect((await ask(address('page for people'))).body).toContain('<html')
    expect((await ask(`${address('Prometheus')}-/ready`)).status).toBe(200)
    expect(await statusFrom('127.0.0.2', metrics)).toBe(403)
    const dashboard = /dashboard +(\S+)/.exec(output)![1]!
    expect(JSON.parse(readFileSync(dashboard, 'utf8')).title).toBe('Shop')
    expect(example.processes().length).toBeGreaterThan(6)
    const inMemory = join('/dev/shm', basename(dashboard.replace('/etc/grafana/shop.json', '')))
    expect(existsSync(join(inMemory, 'shop'))).toBe(existsSync('/dev/shm'))

    example.child.kill('SIGINT')
    expect(await example.end()).toMatchObject({ code: 0, errors: '' })
    expect(existsSync(inMemory)).toBe(false)
    expect(example.left()).toEqual([])
  })

  test('ends what it has started if it is interrupted in between', async ({ stage }) => {
    const example = new Example(stage, ['--prove'])
    await until(
      () => example.processes().length,
      (count) => count > 1 || example.over,
    )
    example.child.kill('SIGTERM')
    expect(await example.end()).toMatchObject({ code: 130, errors: '' })
    expect(example.left()).toEqual([])
  })

  test('ends what it has started, and removes its files, if it is killed itself', async ({ stage }) => {
    const example = new Example(stage, [])
    await until(
      () => example.output,
      (text) => text.includes('Ctrl-C') || example.over,
    )
    expect(example.processes().length).toBeGreaterThan(6)
    example.child.kill('SIGKILL')
    await until(
      () => example.left(),
      (left) => left.length === 0,
    )
  })
})

test.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
  'the unit of the example is what systemd accepts',
  ({ stage }) => {
    const text = readFileSync(join(root, 'examples', 'behind-nginx', 'etc', 'shop.service'), 'utf8')
    const verified = (name: string, unit: string) => {
      const path = join(stage.folder(), name)
      writeFileSync(path, unit.replace('/srv/shop/start.sh', '/bin/true'))
      const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
      // It may report units of the system as well.
      return stderr.split('\n').filter((line) => line.includes(name))
    }
    expect(verified('shop.service', text)).toEqual([])
    expect(verified('wrong.service', text.replace('KillMode=', 'KilMode='))).toHaveLength(1)
  },
)

test('the example names the programs that are missing, and how to install them', async ({ stage }) => {
  const { code, errors } = await new Example(stage, ['--variant', 'supervisor'], { env: { PATH: '/nowhere' } }).end()
  const lacks = hasNginx && existsSync('/usr/sbin/nginx') ? '' : 'nginx '
  expect(errors).toBe(
    `missing: ${lacks.replace(' ', ', ')}prometheus, supervisor; to install: sudo apt-get install ${lacks}prometheus supervisor\n`,
  )
  expect(code).toBe(1)
})

test.skipIf(!hasNginx || !hasPrometheus)(
  'the example refuses a folder that its files cannot name',
  async ({ stage }) => {
    const { code, errors } = await new Example(stage, ['--prove'], { env: { TMPDIR: '/tmp/my folder' } }).end()
    expect(errors).toMatch(/^the files of the example need a folder .*, got "\/tmp\/my folder": set TMPDIR\n$/)
    expect(code).toBe(1)
  },
)

test.skipIf(!canChangeUser || !hasNginx || !hasPrometheus)(
  'the example refuses a Node.js that the workers cannot read',
  async ({ stage }) => {
    const node = join(stage.folder(), 'node')
    copyFileSync(process.execPath, node)
    const { code, errors } = await new Example(stage, ['--prove'], { node }).end()
    expect(errors).toMatch(
      new RegExp(`^the workers run as www-data, who cannot read ${node} or .*: start the example without root, or use`),
    )
    expect(code).toBe(1)
  },
)

test.for([
  [['--variant', 'pm2'], '--variant is run or supervisor, got "pm2"'],
  [['--prove', '--naive'], '--prove and --naive cannot be combined'],
  [['--port', '0x'], '--port is a number from 1 to 65535, got "0x"'],
  [['--prometheus'], "Unknown option '--prometheus'"],
] as const)('the example refuses %j', async ([args, message], { stage }) => {
  const { code, errors } = await new Example(stage, args).end()
  expect(errors).toContain(message)
  expect(errors).toContain('npm run example -- ')
  expect(code).toBe(2)
})

interface ExampleOptions {
  /** A command in front of Node.js. */
  readonly wrapper?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly node?: string
}

/** The example, with a folder of its own for its files. It has time to end its programs itself, also if a test fails. */
class Example {
  readonly folder = mkdtempSync(join(tmpdir(), `promhive-test-${process.env.TEST_RUN ?? ''}-`))
  readonly child
  output = ''
  over = false
  private errors = ''
  private readonly ended: Promise<number | null>

  constructor(
    stage: Stage,
    args: readonly string[],
    { wrapper = [], env = {}, node = process.execPath }: ExampleOptions = {},
  ) {
    provideDist()
    // Sticky, as /tmp is: root reads no configuration below a folder in which others can replace files.
    chmodSync(this.folder, 0o1777)
    const [command = node, ...before] = [...wrapper, node, program, ...args]
    this.child = spawn(command, before, {
      env: { PATH: process.env.PATH, TMPDIR: this.folder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text))
    this.ended = new Promise((resolve) => this.child.once('close', resolve))
    void this.ended.then(() => (this.over = true))
    stage.after(async () => {
      this.child.kill('SIGTERM')
      await this.ended
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  async end(): Promise<{ code: number | null; output: string; errors: string }> {
    await until(
      () => this.output + this.errors,
      () => this.over,
      110_000,
    )
    const code = await this.ended
    return { code, output: this.output, errors: this.errors }
  }

  /** The processes that work in the folder, or have it in their command line. */
  processes(): string[] {
    return readdirSync('/proc').filter((pid) => {
      try {
        const known = [readlinkSync(`/proc/${pid}/cwd`), readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
        return known.some((text) => text.includes(this.folder))
      } catch {
        // Not a process, or one that has ended.
        return false
      }
    })
  }

  /** What is left of it: files and processes. */
  left(): string[] {
    return [...readdirSync(this.folder), ...this.processes()]
  }
}

/** Sends a request from another address of this machine. */
function statusFrom(localAddress: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { agent: false, localAddress }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

function claimsIn(output: string): string[] {
  return output.split('\n').filter((line) => line.startsWith('  ok    '))
}

function failures(output: string): string {
  return output
    .split('\n')
    .filter((line) => line.startsWith('  FAILED'))
    .join('\n')
}
