import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './dist.js'

/** Where provisioning installs Node.js 24, and clients that need it. */
export const node24Folder = join(root, 'test', 'node24')

/** The program of Node.js 24. */
export const node24 = join(node24Folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')

export const hasNode24 = existsSync(node24)
