import { MetricsError } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { firstSet, itemsOf, variables } from '../../platform/environment.js'

/**
 * Reads the labels of targets, such as `app=shop,region=eu`; returns undefined if the variable is not set.
 *
 * @throws MetricsError `OPTION_INVALID`
 */
export function targetLabelsFromEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> | undefined {
  const [, text] = firstSet(variables.targetLabels, environment) ?? []
  if (text === undefined) return undefined
  return Object.fromEntries(
    itemsOf(text).map((item) => {
      const [, label, value] = /^([^=]+?)\s*=\s*(.*)$/.exec(item) ?? []
      if (label !== undefined) return [label, value!]
      const [name] = variables.targetLabels
      throw new MetricsError(
        'OPTION_INVALID',
        `${name} must be labels such as app=shop,region=eu, got ${describe(text)}`,
      )
    }),
  )
}
