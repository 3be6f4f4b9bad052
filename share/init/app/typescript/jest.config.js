module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  // tsc checks the types (npm run build), here they are only taken away
  transform: { '^.+\\.tsx?$': '@swc/jest' },
};
