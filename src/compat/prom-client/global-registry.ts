export { register as globalRegistry } from '../../runtime/default-registry.js'
