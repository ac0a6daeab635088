import { statfsSync } from 'node:fs'
import { onWindows } from '../../platform/windows.js'
import { isOnOtherHost } from './windows-folders.js'

/** The file system of a directory, as far as it matters for sharing numbers. */
export interface FileSystem {
  readonly name: string
  /**
   * `memory`: best suited. `disk`: works, but a store may wait for a write to the disk. `copying`: reserved space may
   * still run out, so slots are not mapped. `network`: locks and mappings of other hosts are not visible. `local`: a
   * disk of a system without a file system in memory, where stores do not wait.
   */
  readonly kind: 'memory' | 'local' | 'disk' | 'copying' | 'network'
}

/** The magic numbers of Linux' statfs(2). */
const known: Readonly<Record<number, FileSystem>> = {
  16914836: { name: 'tmpfs', kind: 'memory' },
  2240043254: { name: 'ramfs', kind: 'memory' },
  61267: { name: 'ext4', kind: 'disk' },
  1481003842: { name: 'xfs', kind: 'disk' },
  2035054128: { name: 'overlay', kind: 'disk' },
  4076150800: { name: 'f2fs', kind: 'disk' },
  2435016766: { name: 'btrfs', kind: 'copying' },
  801189825: { name: 'zfs', kind: 'copying' },
  3393526350: { name: 'bcachefs', kind: 'copying' },
  26985: { name: 'NFS', kind: 'network' },
  4283649346: { name: 'CIFS', kind: 'network' },
  4266872130: { name: 'SMB', kind: 'network' },
  20859: { name: 'SMB', kind: 'network' },
  12805120: { name: 'Ceph', kind: 'network' },
  16914839: { name: '9p', kind: 'network' },
  1702057286: { name: 'FUSE', kind: 'network' },
}

const onMacOS = process.platform === 'darwin'
/** The number of NFS on macOS. Other file systems of the network have none that is the same on every Mac. */
const nfsOnMacOS = 2

/** What to do about a directory that is not on the best file system of this machine. */
export const bestDirectory =
  onWindows || onMacOS ? 'choose one on a disk of this machine' : 'choose one in memory, such as below /dev/shm'

/** Returns the file system of a directory; kind `disk` if it is unknown. */
export function fileSystemOf(directory: string): FileSystem {
  if (onWindows) {
    return isOnOtherHost(directory) ? { name: 'a network drive', kind: 'network' } : { name: 'a disk', kind: 'local' }
  }
  try {
    const { type } = statfsSync(directory)
    if (onMacOS) return type === nfsOnMacOS ? { name: 'NFS', kind: 'network' } : { name: 'a disk', kind: 'local' }
    return known[type >>> 0] ?? { name: `file system 0x${(type >>> 0).toString(16)}`, kind: 'disk' }
  } catch {
    return { name: 'unknown file system', kind: 'disk' }
  }
}
