import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileSystemOf } from '../../../src/store/shared/file-system.js'
import type { Stage } from './stage.js'
import { until } from './until.js'

/** Whether a folder can be shown through FUSE here, which to the kernel is a network file system like NFS and sshfs. */
export const canShowThroughFuse =
  process.getuid?.() === 0 && existsSync('/dev/fuse') && spawnSync('bindfs', ['--version']).status === 0

/** A folder of a file system that other hosts may have as well; gone after the test. */
export async function networkDisk(stage: Stage): Promise<string> {
  const around = stage.folder()
  const [below, disk] = [join(around, 'below'), join(around, 'disk')]
  for (const folder of [below, disk]) mkdirSync(folder)
  const daemon = spawn('bindfs', ['-f', below, disk], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => daemon.once('close', () => resolve()))
  stage.after(() => {
    // Lazily: a process that is being killed may still have a file open.
    spawnSync('umount', ['--lazy', disk])
    daemon.kill()
    return ended
  })
  await until(
    () => fileSystemOf(disk).name,
    (name) => name === 'FUSE',
  )
  return disk
}
