import { Registry } from './registry.js'

/** The registry of metrics that name none. It shows what promhive's own default registry shows. */
export const globalRegistry = Registry.globalRegistry
