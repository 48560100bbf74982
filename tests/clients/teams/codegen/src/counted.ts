// Where to ask and by what right, and every request that was made.
export const url = process.env.ADMITTANCE_URL!;
export const headers = { authorization: `Bearer ${process.env.ADMITTANCE_KEY}` };

export const requests: string[] = [];

export const countedFetch: typeof fetch = (address, options) => {
  requests.push(String(JSON.parse(String(options?.body)).operationName));
  return fetch(address, options);
};
