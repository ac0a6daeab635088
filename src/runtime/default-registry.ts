import { processContext } from './current-context.js'

/** The default registry, which shows metrics without `registers`. */
export const register = processContext().registry
