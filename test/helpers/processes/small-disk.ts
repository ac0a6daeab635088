import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stage } from './stage.js'

/** Whether this user may mount a disk of a given size. */
export const canMount = ((): boolean => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = join(tmpdir(), `promhive-mount-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  const mounted = mount(folder, '64k')
  if (mounted) unmount(folder)
  rmSync(folder, { recursive: true, force: true })
  return mounted
})()

/** A disk of its own that is soon full; gone after the test. */
export function smallDisk(stage: Stage, size = '1m'): string {
  const folder = join(stage.folder(), 'disk')
  mkdirSync(folder)
  if (!mount(folder, size)) throw new Error(`a disk of ${size} cannot be mounted at ${folder}`)
  stage.after(() => unmount(folder))
  return folder
}

/** Uses all space that is left on a disk; the returned function frees it. */
export function fillUp(folder: string): () => void {
  const ballast = join(folder, 'ballast')
  let size = 0
  for (const step of [64 * 1024, 4096]) {
    for (;;) {
      try {
        writeFileSync(ballast, Buffer.alloc(step), { flag: 'a' })
        size += step
      } catch {
        break
      }
    }
  }
  if (size === 0) writeFileSync(ballast, '')
  return () => rmSync(ballast)
}

function mount(folder: string, size: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'promhive-test', folder]).status === 0
}

function unmount(folder: string): void {
  // Lazily: a process that is being killed may still have a file open.
  spawnSync('umount', ['--lazy', folder])
}
