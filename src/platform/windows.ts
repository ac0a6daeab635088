/** Whether this process runs on Windows: without users as numbers, /proc, and files that can be removed while in use. */
export const onWindows = process.platform === 'win32'
