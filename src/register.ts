import { join } from 'node:path'
import { packageRoot } from '#package'
import { startRegistered } from './home/registration.js'

startRegistered(join(packageRoot, 'dist', 'esm', 'cli', 'bin.js'))
