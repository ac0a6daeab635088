// Builds the addon of any platform with the compiler that all of them are published with.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compiler, fileOf, nameOf, sources } from './addons.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** @returns {boolean} whether it was built; says what the compiler says */
export function buildAddon(addon, say) {
  const target = join(root, fileOf(addon))
  // Under its own name, which the file for macOS contains, so that the same source gives the same bytes.
  const scratch = join(dirname(target), `.build-${process.pid}`)
  mkdirSync(scratch, { recursive: true })
  const unfinished = join(scratch, basename(target))
  const env = { ...process.env, ZIG_GLOBAL_CACHE_DIR: compiler.cache, ZIG_LOCAL_CACHE_DIR: compiler.cache }
  try {
    for (const args of addon.steps(join(root, 'native', sources[addon.platform]), unfinished)) {
      const { status, error, stderr } = spawnSync(compiler.file, args, { encoding: 'utf8', env })
      if (status === 0) continue
      say(`the compiler failed on the addon for ${nameOf(addon)}: ${error?.message ?? stderr}`)
      return false
    }
    renameSync(unfinished, target)
    return true
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Builds it unless it is newer than its sources. @returns {boolean} whether it is there */
export function provideAddon(addon, say) {
  const newest = readdirSync(join(root, 'native')).map((file) => statSync(join(root, 'native', file)).mtimeMs)
  const built = statSync(join(root, fileOf(addon)), { throwIfNoEntry: false })
  return (built !== undefined && built.mtimeMs > Math.max(...newest)) || buildAddon(addon, say)
}
