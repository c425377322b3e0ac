// A caller that the compiler holds to the types made from the document; `client.py` also tries it with one thing wrong.
import type { components, paths } from "./service";

type Schemas = components["schemas"];

const request: Schemas["IssueRequest"] = {
  type: "business-licence",
  holders: [{ name: "样例科技有限公司", code: "91430700MA4PBKBQ48", code_type: "001" }],
  claims: { established: "2018-03-01" },
  valid_from: "2018-03-01",
  valid_until: null,
};

const ending: Schemas["EndRequest"] = { act: "cancelled", reason: "注销" };

type Issued = paths["/v1/licences"]["post"]["responses"][201]["content"]["application/json"];
type Asked = paths["/v1/verifications"]["post"]["requestBody"]["content"]["application/json"];
type Report = paths["/v1/verifications"]["post"]["responses"][200]["content"]["application/json"];
type Refused = paths["/v1/licences"]["post"]["responses"][422]["content"]["application/problem+json"];

export const ask = (issued: Issued): Asked => ({ evidence: issued.credential, expect: { type: request.type } });
export const tell = (report: Report): string =>
  report.verdict === "valid" ? (report.licence?.licence_number ?? "") : report.findings.map((one) => one.text).join();
export const mend = (refused: Refused): string => `${refused.pointer ?? ""} ${refused.detail} ${ending.reason}`;
