import type { FamilyDescriptor } from '../../src/model/descriptor.js'

interface Common {
  readonly help?: string
  readonly labelNames?: readonly string[]
  readonly registry?: string
}

const common = { help: 'X.', labelNames: [], registry: 'default' }

interface OfSummary extends Common {
  readonly quantiles?: readonly number[]
  readonly relativeError?: number
  readonly window?: { readonly maxAgeSeconds: number; readonly ageBuckets: number }
}

export function summaryFamily(
  name: string,
  { quantiles = [], relativeError, window, ...more }: OfSummary = {},
): FamilyDescriptor<'summary'> {
  const family = { ...common, ...more, type: 'summary', name, quantiles } as const
  if (window === undefined) return { ...family, relativeError: relativeError ?? 0.01 }
  return { ...family, window: { ...window, relativeError: relativeError ?? 0.02 } }
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
