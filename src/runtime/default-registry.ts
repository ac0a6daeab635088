import { processContext } from './current-context.js'

/** The default registry: metrics that name no other are shown in it. */
export const register = processContext().registry
