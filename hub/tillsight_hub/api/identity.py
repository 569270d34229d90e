"""`/api/v1/ca.pem`, `/api/v1/enrol` and `/api/v1/renew`: how a device gets its certificate, over HTTPS."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from ..access import TooManyAttempts
from ..access.asking import LoginThrottle
from ..identity.authority import Authority
from ..identity.enrolment import enrol, renew
from ..identity.errors import BadRequestForCertificate, EnrolmentRefused, NoAuthority
from ..identity.revocation import authority_folder, list_file
from ..services import Services, ServicesDep

router = APIRouter(prefix="/api/v1", tags=["identity"])

Pem = Annotated[str, Field(max_length=10_000)]
PEM = "application/x-pem-file"


class Enrolling(BaseModel):
    """A device's first request."""

    token: Annotated[str, Field(max_length=200)]
    """The middle part of the code that `tillsight-hub device enrol` printed."""
    request: Pem
    """Certificate signing request; who it is for is decided by the token."""


class Renewing(BaseModel):
    """A later one."""

    certificate: Pem
    """The present one."""
    request: Pem
    signature: Annotated[str, Field(max_length=400)]
    """Of the request's bytes by the present certificate's key: ECDSA with SHA-256, base64."""


class Given(BaseModel):
    """What the device gets."""

    certificate: str
    authority: str
    """The hub's own certificate."""


@router.get("/ca.pem", response_class=Response)
def authority_certificate(services: ServicesDep) -> Response:
    """The certificate of the hub's authority, for everybody. Compare its SHA-256 with the enrolment code."""
    return Response(_authority(services).pem, media_type=PEM)


@router.get("/crl.pem", response_class=Response)
def revocation_list(services: ServicesDep) -> Response:
    """Which certificates are not to be believed, for everybody."""
    try:
        return Response(list_file(services.config).read_bytes(), media_type=PEM)
    except OSError:
        raise HTTPException(404, "this hub has no revocation list") from None


@router.post("/enrol")
async def first_certificate(
    asked: Enrolling, request: Request, services: ServicesDep, throttle: LoginThrottle
) -> Given:
    """A device's first certificate, for a token that is good once."""
    address = request.client.host if request.client else "unknown"
    who = f"enrolment {address}"
    try:
        throttle.check(who, address)
    except TooManyAttempts as refused:
        raise HTTPException(429, str(refused), {"Retry-After": str(refused.wait_s)}) from refused
    authority = _authority(services)
    try:
        given = await run_in_threadpool(
            enrol, services.engine, authority, asked.token, asked.request.encode(), datetime.now(UTC)
        )
    except EnrolmentRefused as error:
        throttle.failed(who, address)
        raise HTTPException(403, str(error)) from error
    except BadRequestForCertificate as error:
        raise HTTPException(422, str(error)) from error
    return Given(certificate=given.decode(), authority=authority.pem.decode())


@router.post("/renew")
async def next_certificate(asked: Renewing, services: ServicesDep) -> Given:
    """The next one, for who has the present one's key."""
    authority = _authority(services)
    try:
        given = await run_in_threadpool(
            renew,
            services.engine,
            authority,
            asked.certificate.encode(),
            asked.request.encode(),
            datetime.now(UTC),
            signature=asked.signature,
        )
    except EnrolmentRefused as error:
        raise HTTPException(403, str(error)) from error
    except BadRequestForCertificate as error:
        raise HTTPException(422, str(error)) from error
    return Given(certificate=given.decode(), authority=authority.pem.decode())


def _authority(services: Services) -> Authority:
    try:
        return Authority.open(authority_folder(services.config))
    except NoAuthority:
        raise HTTPException(404, "this hub gives no certificates") from None
