import type { FamilyDescriptor } from '../../src/model/descriptor.js'

interface Common {
  readonly help?: string
  readonly labelNames?: readonly string[]
  readonly registry?: string
}

const common = { help: 'X.', labelNames: [], registry: 'default' }

export function summaryFamily(
  name: string,
  more: Common & { readonly quantiles?: readonly number[]; readonly relativeError?: number } = {},
): FamilyDescriptor<'summary'> {
  return { ...common, quantiles: [], relativeError: 0.01, ...more, type: 'summary', name }
}

export function infoFamily(name: string, more: Common = {}): FamilyDescriptor<'info'> {
  return { ...common, ...more, type: 'info', name }
}

export function stateSetFamily(
  name: string,
  states: readonly string[],
  mode: FamilyDescriptor<'stateset'>['mode'] = 'mostrecent',
  more: Common = {},
): FamilyDescriptor<'stateset'> {
  return { ...common, ...more, type: 'stateset', name, states, mode }
}
