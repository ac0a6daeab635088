import type { Readiness, ReadinessCheck } from '../../gather/readiness.js'

/**
 * Returns a check of several applications: ready if the metrics of at least one can be read, because one of them must not
 * make the others unavailable.
 */
export function someReady(
  applications: readonly { readonly name: string; readonly check: ReadinessCheck }[],
): ReadinessCheck {
  return async () => {
    const checked = await Promise.all(applications.map(async ({ name, check }) => ({ name, readiness: await check() })))
    const ready = checked.some(({ readiness }) => readiness.ready)
    return { ready, text: `${ready ? 'ready' : 'not ready'}${describe(checked)}` }
  }
}

function describe(checked: readonly { readonly name: string; readonly readiness: Readiness }[]): string {
  const failing = checked.filter(({ readiness }) => !readiness.ready)
  return failing.map(({ name, readiness }) => `; ${name}: ${readiness.text}`).join('')
}
