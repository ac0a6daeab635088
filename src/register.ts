import { join } from 'node:path'
import { packageRoot } from '#package'
import { startRegistered } from './preload/registration.js'

startRegistered(join(packageRoot, 'dist', 'esm', 'cli', 'bin.js'))
