import { type Difference, differences } from './differences.js'
import { alike, ownExamples } from './prometheus-io-examples.js'

const labelsOfSum = 'the labels of `_sum` and `_count` of a summary without labels, in JSON'

/** What @prometheus-io/client alone does differently. */
export const ownDifferences: readonly Difference[] = Object.entries(ownExamples).map(([what, example]) => {
  if (what !== labelsOfSum) return { what, example }
  return { what, example, adjust: (theirs) => theirs.replaceAll('"labels": "UNDEFINED"', '"labels": {}') }
})

/** What both clients do differently. */
export const sharedDifferences = differences.filter(({ what }) => !alike.includes(what))

export const prometheusIoDifferences = [...sharedDifferences, ...ownDifferences]
