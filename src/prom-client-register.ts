import { packageRoot } from './platform/package-root.js'
import { leadClients } from './preload/client-hooks.js'

leadClients(packageRoot())
