import type { RegistryContentType } from '../prom-client/types.js'
import { globalRegistry } from './global-registry.js'

/** The content type of the default registry. An assignment to it, where the module is CommonJS, chooses another one. */
export const contentType: RegistryContentType = globalRegistry.contentType
