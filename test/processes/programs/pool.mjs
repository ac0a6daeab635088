// A pool of threads that does the work, and a main thread that answers scrapes.
import { Piscina } from 'piscina'
import { answer } from './stagehand.mjs'

const pool = new Piscina({ filename: new URL('./pool-task.mjs', import.meta.url).href, minThreads: 2, maxThreads: 3 })

answer({
  work: async (tasks) => (await Promise.all(Array.from({ length: tasks }, (_, n) => pool.run(n)))).length,
  threads: () => pool.threads.length,
  /** Ends the threads; the next piece of work starts others. */
  close: () => pool.destroy(),
})
