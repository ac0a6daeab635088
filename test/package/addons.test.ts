import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addons, compiler, nameOf, sources } from '../../scripts/addons.mjs'
import { addonFault } from '../../src/platform/addon-proof.js'
import { readMachO } from '../helpers/mach-o.js'
import { root } from '../helpers/processes/dist.js'
import { readWindowsLibrary } from '../helpers/windows-library.js'

/** Functions of macOS' C library that posix.c calls, and what the compiler and the loader add. */
const ofMacOS = [
  ...['fcntl', 'fstat', 'ftruncate', 'memcpy', 'minherit', 'mmap', 'munmap', 'strlen', 'sysconf', 'waitpid'],
  ...['__error', '__memcpy_chk'],
]
const loader = 'dyld_stub_binder'
/** Functions that posix.c calls on Linux, which glibc and musl have: an addon that needs any other loads with neither. */
const ofLinux = [
  ...['calloc', 'fcntl', 'free', 'getpid', 'kill', 'madvise', 'malloc', 'memcpy', 'memset', 'mmap', 'munmap'],
  ...['posix_fallocate', 'sigaction', 'sigismember', 'sigprocmask', 'strlen', 'syscall', 'sysconf', 'waitpid'],
  '__errno_location',
]
const require = createRequire(import.meta.url)
const { v8 } = require('node-api-headers').symbols
const ofNode: readonly string[] = [...v8.js_native_api_symbols, ...v8.node_api_symbols]

describe.runIf(compiler.present)('the addons that are packed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'promhive-test-addons-'))
  const fileFor = (name: string): string => join(folder, `${name}.node`)

  beforeAll(() => {
    const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: compiler.cache, ZIG_LOCAL_CACHE_DIR: compiler.cache }
    for (const addon of addons) {
      const source = join(root, 'native', sources[addon.platform])
      for (const step of addon.steps(source, fileFor(nameOf(addon)))) {
        const { status, stderr } = spawnSync(compiler.file, step, { env, encoding: 'utf8' })
        expect([status, stderr]).toEqual([0, expect.anything()])
      }
    }
  }, 120_000)

  afterAll(() => rmSync(folder, { recursive: true }))

  describe.each(['x64', 'arm64'] as const)('for macOS on %s', (processor) => {
    const read = () => readMachO(readFileSync(fileFor(`darwin-${processor}`)))

    test('is a library for this processor, and for macOS 11', () => {
      expect(read()).toMatchObject({ processor, isLibrary: true, minimum: '11.0' })
    })

    test('has the entry that Node.js looks for, and exports nothing else', () => {
      expect([...read().exported].sort()).toEqual(['_napi_register_module_v1', '_node_api_module_get_api_version_v1'])
    })

    test('needs functions of Node-API 8, from the process that loads it', () => {
      const { needed } = read()
      const names = needed.filter(({ from }) => from === 'process').map(({ name }) => name.slice(1))
      expect(names).toContain('napi_create_external_arraybuffer')
      expect(names.filter((name) => !ofNode.includes(name))).toEqual([])
    })

    test('needs nothing of macOS but some functions of its C library', () => {
      const { needed, libraries } = read()
      expect(libraries).toEqual(['/usr/lib/libSystem.B.dylib'])
      const names = needed.filter(({ from }) => from === 1).map(({ name }) => name)
      // On Intel, a function of several versions has the version in its name.
      const plain = names.filter((name) => name !== loader).map((name) => name.slice(1).replace('$INODE64', ''))
      expect(plain.sort()).toEqual([...ofMacOS].sort())
      expect(needed.filter(({ from }) => from !== 1 && from !== 'process')).toEqual([])
    })
  })

  test('is signed for Apple silicon, which loads nothing else', () => {
    const { signature } = readMachO(readFileSync(fileFor('darwin-arm64')))
    expect(signature).toMatchObject({ isAdHoc: true, isValid: true })
  })

  test('has a signature that a changed byte breaks', () => {
    const file = readFileSync(fileFor('darwin-arm64'))
    const { covers } = readMachO(file).signature!
    file[covers - 1]! ^= 1
    expect(readMachO(file).signature).toMatchObject({ isValid: false })
  })

  describe.each(['x64', 'arm64'])('for Windows on %s', (processor) => {
    const read = () => readWindowsLibrary(readFileSync(fileFor(`win32-${processor}`)))

    test('is a library for this processor', () => {
      expect(read()).toMatchObject({ processor, isLibrary: true })
    })

    test('has the entry that Node.js looks for, and exports nothing else', () => {
      expect(read().exported.toSorted()).toEqual(['napi_register_module_v1', 'node_api_module_get_api_version_v1'])
    })

    test('needs kernel32 only, so it loads into a program of any name', () => {
      const { needed } = read()
      expect(Object.keys(needed)).toEqual(['kernel32.dll'])
      expect(needed['kernel32.dll']).toEqual(expect.arrayContaining(['GetProcAddress', 'LockFileEx', 'MapViewOfFile']))
    })
  })

  test.runIf(process.platform === 'linux')('for this machine works', () => {
    const file = fileFor(`linux-${process.arch}`)
    expect(addonFault(require(file))).toBeUndefined()
  })

  describe.each(['x64', 'arm64'])('for Linux on %s', (processor) => {
    const read = (part: string): string =>
      spawnSync('readelf', ['--wide', part, fileFor(`linux-${processor}`)], { encoding: 'utf8' }).stdout

    test('needs no library', () => {
      expect(read('--dynamic')).toContain('Dynamic section')
      expect(read('--dynamic')).not.toContain('NEEDED')
    })

    test('needs functions of Node-API 8 and of a C library, and none of a compiler', () => {
      const needed = [...read('--dyn-syms').matchAll(/ UND (\w+)/g)].map(([, name]) => name!)
      expect(needed).toContain('napi_create_external_arraybuffer')
      expect(needed.filter((name) => !ofNode.includes(name) && !ofLinux.includes(name))).toEqual([])
    })
  })
})
