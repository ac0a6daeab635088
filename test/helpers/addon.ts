import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The addon of this platform, for programs that load nothing else. */
export const prebuiltAddon = join(
  fileURLToPath(new URL('../../prebuilds', import.meta.url)),
  `${process.platform}-${process.arch}`,
  'promhive.node',
)
