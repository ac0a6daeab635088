import { packageRoot } from './platform/package-root.js'
import { startRegistered } from './preload/registration.js'

startRegistered(packageRoot())
