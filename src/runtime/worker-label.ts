import { oneOf } from '../metric/definition.js'
import { MetricsError } from '../model/errors.js'
import { type WorkerLabel, workerLabels } from '../model/label-set.js'
import { firstSet, variables } from '../platform/environment.js'

const [variable] = variables.workerLabel

/** The label with the number of the process. It is chosen once, because the definition of a metric depends on it. */
export class WorkerLabelChoice {
  private requestedLabel: WorkerLabel | undefined
  private chosen: WorkerLabel | undefined

  constructor(private readonly onError: (error: MetricsError) => void) {}

  /** Fixed at the first read. */
  get label(): WorkerLabel {
    return (this.chosen ??= this.requestedLabel ?? this.fromEnvironment())
  }

  /** @throws MetricsError `OPTION_INVALID` for an unknown label, or if another one is in use */
  choose(label: WorkerLabel): void {
    oneOf('configure', 'workerLabel', label, workerLabels)
    if (this.chosen !== undefined && this.chosen !== label) {
      const text = `configure: workerLabel is "${this.chosen}" by now; choose before the first metric and the first scrape`
      throw new MetricsError('OPTION_INVALID', text)
    }
    this.requestedLabel = label
  }

  private fromEnvironment(): WorkerLabel {
    try {
      return workerLabelFromEnvironment()
    } catch (error) {
      // A misspelt variable must not prevent the start of an application.
      this.onError(error as MetricsError)
      return 'worker'
    }
  }
}

/** @throws MetricsError `OPTION_INVALID` for an unknown label */
export function workerLabelFromEnvironment(): WorkerLabel {
  const label = firstSet(variables.workerLabel)?.[1] ?? 'worker'
  oneOf('the environment', variable, label, workerLabels)
  return label as WorkerLabel
}
