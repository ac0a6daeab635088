import { join } from 'node:path'
import { packageRoot } from '#package'
import { leadClients } from './preload/client-hooks.js'

leadClients(join(packageRoot, 'dist'))
