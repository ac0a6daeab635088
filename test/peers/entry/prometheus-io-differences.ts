import { type Difference, differences } from './differences.js'

/** Those of the other client, and what @prometheus-io/client does differently from it. */
export const prometheusIoDifferences: readonly Difference[] = [
  ...differences,
  {
    what: 'labels of the sum and the count of a summary without labels',
    adjust: (theirs) => theirs.replaceAll('"labels": "UNDEFINED"', '"labels": {}'),
  },
]
