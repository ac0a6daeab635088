// The addons that the package is published with, and how each is built: with one compiler for all, from any Linux on x64.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import headers from 'node-api-headers'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** zig brings the headers and the linkers of every system, so one package replaces a cross compiler for each. */
export const compiler = {
  file: join(root, 'scripts', 'compiler', 'node_modules', '@ryoppippi', 'zig-linux-x64', 'zig'),
  /** What zig has built before; beside it, so that it goes when it goes. */
  cache: join(root, 'scripts', 'compiler', 'node_modules', '.cache', 'zig'),
  install: 'the compiler on Linux x64 (npm ci --prefix scripts/compiler)',
  get present() {
    return existsSync(this.file)
  },
}

export const cFlags = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-fvisibility=hidden']
export const includes = ['-I', headers.include_dir]

/** Of each platform, the file in native/ that implements the addon there. */
export const sources = { linux: 'posix.c', darwin: 'posix.c', win32: 'win32.c' }

/**
 * One row for each addon. `steps` returns the calls of the compiler, in order.
 *
 * @typedef {{ platform: string, arch: string, steps: (source: string, target: string) => string[][] }} Addon
 * @type {readonly Addon[]}
 */
export const addons = [
  { platform: 'linux', arch: 'x64', steps: forLinux('x86_64') },
  { platform: 'linux', arch: 'arm64', steps: forLinux('aarch64') },
  { platform: 'darwin', arch: 'x64', steps: forMacOS('x86_64') },
  { platform: 'darwin', arch: 'arm64', steps: forMacOS('aarch64') },
  { platform: 'win32', arch: 'x64', steps: forWindows('x86_64') },
  { platform: 'win32', arch: 'arm64', steps: forWindows('aarch64') },
]

export const nameOf = ({ platform, arch }) => `${platform}-${arch}`
/** The path of an addon in the package. */
export const fileOf = (addon) => `prebuilds/${nameOf(addon)}/promhive.node`

/**
 * Linked without a library: the symbols come from the libc of the process, be it glibc or musl. musl's headers name every
 * function as both have it.
 */
function forLinux(processor) {
  return (source, target) => [
    [
      'cc',
      '-target',
      `${processor}-linux-musl`,
      '-c',
      '-fPIC',
      '-O2',
      ...cFlags,
      ...includes,
      source,
      '-o',
      `${target}.o`,
    ],
    ['ld.lld', '-shared', '-z', 'relro', '-z', 'now', '--strip-all', `${target}.o`, '-o', target],
  ]
}

/** For macOS 11 and later. zig signs it, as Apple silicon requires; the symbols of Node.js are those of the process. */
function forMacOS(processor) {
  return (source, target) => [
    [
      ...['build-lib', '-dynamic', '-target', `${processor}-macos.11.0`, '-O', 'ReleaseSmall', '-fstrip', '-lc'],
      ...['-install_name', '@rpath/promhive.node', '-fno-compiler-rt', '-fallow-shlib-undefined', ...includes],
      ...['-cflags', ...cFlags, '--', source, `-femit-bin=${target}`],
    ],
  ]
}

/**
 * For Windows 10 and later, with kernel32 as the only library: what the addon needs of Node.js it finds in the program that
 * loads it.
 */
function forWindows(processor) {
  const systemHeaders = join(dirname(compiler.file), 'lib', 'libc', 'include', 'any-windows-any')
  return (source, target) => [
    [
      ...['cc', '-target', `${processor}-windows-gnu`, '-shared', '-O2', '-ffreestanding', '-nostdlib', ...cFlags],
      ...[...includes, '-isystem', systemHeaders, source, '-o', target],
      ...['-lkernel32', '-Wl,-e,DllMainCRTStartup', '-s'],
    ],
  ]
}
