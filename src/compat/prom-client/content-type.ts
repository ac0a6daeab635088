import { globalRegistry } from './global-registry.js'
import type { RegistryContentType } from './types.js'

/** The content type of the default registry. An assignment to it, where the module is CommonJS, chooses another one. */
export const contentType: RegistryContentType = globalRegistry.contentType
