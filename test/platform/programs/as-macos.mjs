// Makes a program run as it does on a Mac, as far as that is decided by the name of the system.
Object.defineProperty(process, 'platform', { value: 'darwin' })
Object.defineProperty(process, 'arch', { value: process.env.MAC })
