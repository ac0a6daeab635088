import { threadId } from 'node:worker_threads'
import type { MetricsError } from '../../model/errors.js'
import { processContext } from '../../runtime/current-context.js'
import { nameOfProcess, type WriterSnapshot } from '../../store/contract.js'

/** The worker threads of this process that count. No thread has to answer: they are read as a scrape reads them. */
class WorkerThreads {
  private known = 0
  private reading = false

  /** Returns how many there were at the last reading, and begins the next one. */
  count(): number {
    if (!this.reading) {
      this.reading = true
      void this.read().finally(() => {
        this.reading = false
      })
    }
    return this.known
  }

  private async read(): Promise<void> {
    const context = processContext()
    try {
      const { writers, release } = await context.gatherer.gather()
      this.known = threadsAmong(writers, context.store().writer)
      release()
    } catch (error) {
      context.onError(error as MetricsError)
    }
  }
}

export const workerThreads = new WorkerThreads()

/** @param localWriter the writer of this thread */
function threadsAmong(writers: readonly WriterSnapshot[], localWriter: string): number {
  const name = writers.find(({ writer }) => writer === localWriter)?.process ?? nameOfProcess(process.pid, threadId)
  // Backends that several hosts share put the host in front.
  const main = threadId === 0 ? name : name.slice(0, name.lastIndexOf('-'))
  const names = writers.filter(({ live }) => live).map((writer) => writer.process)
  return new Set(names.filter((each) => each?.startsWith(`${main}-`))).size
}
