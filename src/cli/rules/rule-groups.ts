import type { ObservedApplication } from '../dashboards/application.js'
import { deliveryRules } from './delivery-rules.js'
import { httpRules } from './http-rules.js'
import { processRules } from './process-rules.js'
import type { RuleGroup } from './rule.js'
import { targetRules } from './target-rules.js'
import { workerRules } from './worker-rules.js'

/**
 * Returns the rules for which an application has families, in groups.
 *
 * @param job the job whose targets must answer; by default every target
 */
export function ruleGroups(application: ObservedApplication, job?: string): readonly RuleGroup[] {
  const groups = [
    targetRules(application, job),
    deliveryRules(application),
    workerRules(application),
    httpRules(application),
    processRules(application),
  ]
  return groups.filter(({ rules }) => rules.length > 0)
}
