import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const entry = join(root, 'dist', 'esm', 'index.js')
const lock = join(tmpdir(), `promhive-build-${statSync(root).ino}`)
/** Milliseconds after which a lock is one that a killed test run left. */
const longestBuild = 120_000

/** The built package, built again if a source file is newer: programs import it as applications do. */
export function provideDist(): void {
  while (!fresh()) {
    if (!acquire()) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      continue
    }
    try {
      if (fresh()) return
      const { status, stderr, stdout } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs'), '--quiet'], {
        cwd: root,
        encoding: 'utf8',
      })
      if (status !== 0) throw new Error(`the package does not build:\n${stdout}${stderr}`)
      return
    } finally {
      rmdirSync(lock)
    }
  }
}

function fresh(): boolean {
  const built = statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0
  const cjs = statSync(join(root, 'dist', 'cjs', 'package.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  return sources.every(
    (source) => !source.isFile() || statSync(join(source.parentPath, source.name)).mtimeMs <= Math.min(built, cjs),
  )
}

/** Test files run side by side: one of them builds, the others wait for it. */
function acquire(): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - made > longestBuild) rmdirSync(lock)
    return false
  }
}
