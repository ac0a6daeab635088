import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { distrust } from '../../../src/supervisor/settings/discovery.js'
import { cleanEnvironment } from '../../helpers/processes/actor.js'
import { provideDist, root } from '../../helpers/processes/dist.js'
import { type Stage, test } from '../../helpers/processes/stage.js'

const stranger = 65_534

describe.runIf(process.geteuid?.() === 0)('what root finds by itself', () => {
  test('is trusted if every step to it belongs to root', ({ stage }) => {
    const file = fileIn(stage.folder(), 'a/b/promhive.json')
    expect(distrust(file)).toBeUndefined()
    expect(distrust(join(stage.folder(), 'missing.json'))).toBeUndefined()
  })

  test.for<[string, (folder: string) => void, RegExp]>([
    ['the file of another user', (folder) => give(join(folder, 'a/b/x.json')), /x\.json belongs to user 65534/],
    ['a directory of another user', (folder) => give(join(folder, 'a/b')), /a\/b belongs to user 65534/],
    ['a directory above, of another user', (folder) => give(join(folder, 'a')), /a belongs to user 65534/],
    [
      'a file that other users can write',
      (folder) => chmodSync(join(folder, 'a/b/x.json'), 0o666),
      /other users can write to .*x\.json/,
    ],
    ['a directory that other users can write', (folder) => chmodSync(join(folder, 'a'), 0o777), /can write to .*a$/],
    [
      'a file that another group can write',
      (folder) => {
        chownSync(join(folder, 'a/b/x.json'), 0, stranger)
        chmodSync(join(folder, 'a/b/x.json'), 0o664)
      },
      /other users can write/,
    ],
  ])('%s is not', ([, change, expected], { stage }) => {
    const folder = stage.folder()
    const file = fileIn(folder, 'a/b/x.json')
    change(folder)
    expect(distrust(file)).toMatch(expected)
    // Another user may use it: the rule is for root.
    expect(distrust(file, 1000)).toBeUndefined()
  })

  test('a link of another user is not, nor what a link leads to, nor a link on the way of a link', ({ stage }) => {
    const folder = stage.folder()
    const mine = fileIn(folder, 'mine/x.json')
    symlinkSync(mine, join(folder, 'theirs'))
    lchownSync(join(folder, 'theirs'), stranger, stranger)
    expect(distrust(join(folder, 'theirs'))).toMatch(/theirs belongs to user/)
    symlinkSync('theirs', join(folder, 'to-theirs'))
    expect(distrust(join(folder, 'to-theirs'))).toMatch(/theirs belongs to user/)
    give(fileIn(folder, 'given.json'))
    symlinkSync('given.json', join(folder, 'to-given'))
    expect(distrust(join(folder, 'to-given'))).toMatch(/given\.json belongs to user/)
    symlinkSync('mine/../mine/x.json', join(folder, 'to-mine'))
    expect(distrust(join(folder, 'to-mine'))).toBeUndefined()
    symlinkSync('round', join(folder, 'round'))
    expect(distrust(join(folder, 'round'))).toBeUndefined()
  })

  test('a directory with the sticky bit keeps what root has in it', ({ stage }) => {
    const folder = stage.folder()
    chmodSync(folder, 0o1777)
    expect(distrust(fileIn(folder, 'x.json'))).toBeUndefined()
    give(fileIn(folder, 'y.json'))
    expect(distrust(join(folder, 'y.json'))).toMatch(/belongs to user/)
  })
})

describe.runIf(process.geteuid?.() === 0)('root in a directory of another user', () => {
  test('reads no configuration there and runs nothing, unless the command line names it', ({ stage }) => {
    const { folder, ran, promhive } = trap(stage)
    writeFileSync(join(folder, 'promhive.json'), '{ "hooks": "hooks.mjs", "workers": 3 }')
    for (const args of [
      ['config', 'explain'],
      ['run', 'app.js'],
      ['run', 'app.js', '--workers', '1'],
    ]) {
      const { status, stderr } = promhive(args)
      expect(status).toBe(1)
      expect(stderr).toMatch(/belongs to user 65534: root does not read .* pass --config \S+promhive\.json/)
    }
    const { status, stderr } = promhive(['run', 'app.js'], { PROMHIVE_CONFIG: 'promhive.json' })
    expect([status, stderr]).toEqual([1, expect.stringContaining('pass --config promhive.json')])
    expect(ran()).toEqual([])

    const explained = promhive(['config', 'explain', '--json', '--config', 'promhive.json'])
    expect(JSON.parse(explained.stdout).workers.value).toBe(3)
    // A file that was named names hooks that were not.
    const hooks = promhive(['run', 'app.js', '--config', 'promhive.json'])
    expect([hooks.status, hooks.stderr]).toEqual([1, expect.stringContaining('pass --hooks hooks.mjs')])
    const variable = promhive(['run', 'none.js', '--no-metrics'], { PROMHIVE_HOOKS: 'hooks.mjs' })
    expect(variable.status).toBe(1)
    expect(ran()).toEqual([])
  })

  test('runs hooks that the command line names', ({ stage }) => {
    const { promhive, ran } = trap(stage)
    promhive(['run', 'app.js', '--hooks', 'hooks.mjs', '--workers', '1', '--no-metrics'])
    expect(ran()).toContain('hooks')
  })

  test('does not run the package yaml in that folder', ({ stage }) => {
    const { folder, ran, promhive } = trap(stage, true)
    writeFileSync(join(folder, 'promhive.yaml'), 'workers: 3\n')
    for (const args of [[], ['--config', 'promhive.yaml']]) {
      const { status, stderr } = promhive(['config', 'explain', ...args])
      expect([status, stderr]).toEqual([1, expect.stringContaining('belongs to user 65534')])
    }
    expect(ran()).toEqual([])
  })

  test('does not run a backend in that folder', ({ stage }) => {
    const { folder, ran, promhive } = trap(stage, true)
    const app = join(stage.folder(), 'app.js')
    cpSync(join(folder, 'app.js'), app)
    chownSync(app, 0, 0)
    for (const name of ['planted#Backend', './backend.cjs#Backend']) {
      const env = { PROMHIVE_BACKEND_CLASS: name }
      const { stderr } = promhive(['run', app, '--workers', '1', '--port', '0'], env)
      expect(stderr).toContain('belongs to user 65534')
    }
    expect(ran()).not.toContain('backend')
  })
})

function fileIn(folder: string, name: string): string {
  const file = join(folder, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, '{}')
  return file
}

function give(path: string): void {
  chownSync(path, stranger, stranger)
}

/**
 * A directory of another user with everything that promhive might find in it. What runs as root leaves a word.
 *
 * @param apart with a promhive that is installed elsewhere, without the packages of this checkout
 */
function trap(stage: Stage, apart = false) {
  provideDist()
  const folder = mkdtempSync(join(stage.folder(), 'of-a-stranger-'))
  const words = stage.folder()
  const leaveWord = (name: string): string =>
    `require('node:fs').writeFileSync(${JSON.stringify(join(words, name))}, '')\n`
  const files = {
    'hooks.mjs': `import { createRequire } from 'node:module'\nconst require = createRequire('/')\n${leaveWord('hooks')}export const starting = () => process.exit(0)\n`,
    'app.js': "setTimeout(() => process.kill(process.ppid, 'SIGTERM'), 100)\n",
    'backend.cjs': `${leaveWord('backend')}exports.Backend = class {}\n`,
    'node_modules/planted/index.js': `${leaveWord('backend')}exports.Backend = class {}\n`,
    'node_modules/yaml/index.js': `${leaveWord('yaml')}exports.parse = () => ({})\n`,
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(fileIn(folder, name), text)
  const given = spawnSync('chown', ['-R', `${stranger}:${stranger}`, folder])
  expect(given.status).toBe(0)
  let installed = root
  if (apart) {
    installed = join(stage.folder(), 'promhive')
    for (const part of ['dist', 'native', 'prebuilds', 'package.json']) {
      cpSync(join(root, part), join(installed, part), { recursive: true })
    }
  }
  const names = ['hooks', 'backend', 'yaml']
  return {
    folder,
    ran: () => names.filter((name) => existsSync(join(words, name))),
    promhive(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [join(installed, 'dist/esm/cli/bin.js'), ...args],
        {
          cwd: folder,
          env: { ...cleanEnvironment(), ...env },
          encoding: 'utf8',
          timeout: 60_000,
          killSignal: 'SIGKILL',
        },
      )
      return { status, stdout, stderr }
    },
  }
}
