// Runs the tests on the versions of Node.js that are supported, and a bounded set on its kin, then prints a table:
//
//   npm run test:matrix                        everything
//   npm run test:matrix -- 22 24               these only
//   npm run test:matrix -- 26 test/instrument  a part of the tests
//
// It installs the runtimes itself, and as root on Debian the emulator and the libraries for arm64, and the loader of musl.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const other = (name) => join(root, 'test/matrix/node_modules', name, 'bin/node')
const newest = join(root, `test/runtimes/node_modules/node-linux-${process.arch}/bin/node`)
const node24 = join(root, `test/node24/node_modules/node-linux-${process.arch}/bin/node`)

/** A row: the program whose version it shows, and the tests. Without tests, all of them run on that program itself. */
const rows = {
  20: { program: other('node-20') },
  22: { program: other('node-22') },
  24: { program: node24 },
  26: { program: newest },
  oldest: {
    program: other('node-oldest'),
    tests: ['test/runtimes/node.test.ts'],
    env: { TEST_NODE: other('node-oldest') },
  },
  bun: {
    program: join(root, 'test/runtimes/node_modules/@oven/bun-linux-x64/bin/bun'),
    tests: ['test/runtimes/bun.test.ts'],
  },
  deno: {
    program: join(root, 'test/runtimes/node_modules/@deno/linux-x64-glibc/deno'),
    tests: ['test/runtimes/deno.test.ts'],
  },
  arm64: { tests: ['test/torture/platforms/arm64.test.ts'] },
  musl: { tests: ['test/torture/platforms/musl.test.ts'] },
}

const given = process.argv.slice(2)
const parts = given.filter((argument) => argument.includes('/'))
const names = given.filter((argument) => !argument.includes('/'))
const unknown = names.filter((name) => !Object.hasOwn(rows, name))
if (unknown.length > 0) {
  console.error(
    `test:matrix: unknown: ${unknown.join(', ')}; there are ${Object.keys(rows).join(', ')}, and paths of tests`,
  )
  process.exit(2)
}
if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('test:matrix: the runtimes are those for Linux on x64')
  process.exit(2)
}

provide()
const folder = mkdtempSync(join(tmpdir(), 'promhive-matrix-'))
const results = []
try {
  for (const name of names.length > 0 ? names : Object.keys(rows)) results.push(run(name, rows[name]))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`\n${table(results)}`)
process.exit(results.every(({ ok }) => ok) ? 0 : 1)

function run(name, { program, tests, env = {} }) {
  const wholeSuite = tests === undefined
  const output = join(folder, `${name}.json`)
  const config = tests?.[0].startsWith('test/torture/') ? ['--config', 'vitest.torture.config.ts'] : []
  const runner = wholeSuite ? program : process.execPath
  console.log(`\ntest:matrix: ${name}`)
  const since = Date.now()
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`]
  // Programs that tests start, and scripts of npm, find this Node.js first.
  const PATH = `${dirname(runner)}:${process.env.PATH}`
  const { status } = spawnSync(runner, [vitest, 'run', ...config, ...(tests ?? parts), ...reporters], {
    cwd: root,
    env: { ...process.env, ...env, TEST_MATRIX: 'true', PATH },
    stdio: 'inherit',
  })
  const seconds = Math.round((Date.now() - since) / 1000)
  const version = program && spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout?.match(/\d+\.\d+\.\d+/)?.[0]
  const seen = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : {}
  const {
    testResults = [],
    numPassedTests: passed = 0,
    numFailedTests: failed = 0,
    numPendingTests: leftOut = 0,
  } = seen
  // A bounded set of which nothing ran shows nothing.
  const ok = status === 0 && passed > 0
  return {
    runtime: name,
    version: version ?? '',
    files: testResults.length,
    passed,
    failed,
    'left out': leftOut,
    seconds,
    ok,
  }
}

function table(lines) {
  const columns = Object.keys(lines[0])
  const widths = columns.map((name) =>
    Math.max(...[name, ...lines.map((line) => line[name])].map((text) => String(text).length)),
  )
  const print = (values) =>
    values
      .map((value, i) => String(value).padEnd(widths[i]))
      .join('  ')
      .trimEnd()
  return [print(columns), ...lines.map((line) => print(columns.map((name) => line[name])))].join('\n')
}

/** What no other test needs: the runtimes, once for each lock file, and packages of Debian. */
function provide() {
  spawnSync(process.execPath, [join(root, 'scripts/provision.mjs')], { stdio: 'inherit' })
  const cwd = join(root, 'test/matrix')
  const lock = readFileSync(join(cwd, 'package-lock.json'), 'utf8')
  const installed = join(cwd, 'node_modules/.provisioned')
  if (!existsSync(installed) || readFileSync(installed, 'utf8') !== lock) {
    console.log('test:matrix: installing the runtimes (npm ci in test/matrix)')
    // --force: one of them is for another processor, and runs in an emulator.
    const argv = ['ci', '--force', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const { status } = spawnSync('npm', argv, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    if (status === 0) writeFileSync(installed, lock)
  }
  const needed = {
    'qemu-user-static': '/usr/bin/qemu-aarch64-static',
    'libstdc++6-arm64-cross': '/usr/aarch64-linux-gnu/lib/libstdc++.so.6',
    musl: '/lib/ld-musl-x86_64.so.1',
  }
  const missing = Object.keys(needed).filter((name) => !existsSync(needed[name]))
  if (missing.length === 0) return
  if (process.getuid() !== 0) return console.log(`test:matrix: no ${missing.join(', ')}: only root installs packages`)
  console.log(`test:matrix: installing ${missing.join(', ')} with apt-get`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...missing]])
    spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env })
}
