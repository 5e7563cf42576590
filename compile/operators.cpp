#include "compile/operators.hpp"

namespace ganglion::compile {

using model::OperatorCode;

bool only_renames(OperatorCode code) {
    return code == OperatorCode::reshape || code == OperatorCode::squeeze ||
           code == OperatorCode::expand_dims;
}

bool is_convolution(OperatorCode code) {
    return code == OperatorCode::conv_2d || code == OperatorCode::depthwise_conv_2d;
}

std::string advice_for(OperatorCode code) {
    switch (code) {
        case OperatorCode::mean:
            return "use AVERAGE_POOL_2D over the whole image instead";
        case OperatorCode::tanh:
        case OperatorCode::hard_swish:
            return "use RELU, RELU6, LEAKY_RELU or LOGISTIC instead";
        case OperatorCode::mirror_pad:
            return "use PAD, or mirror the border with STRIDED_SLICE and CONCATENATION before the "
                   "model";
        case OperatorCode::gather:
            return "use SLICE, STRIDED_SLICE or SPLIT for constant positions";
        case OperatorCode::dequantize:
            return "export the model with int8 inputs and outputs";
        default:
            return "replace it by supported ones: docs/program.md lists them";
    }
}

bool concerns_variables(OperatorCode code) {
    return code == OperatorCode::call_once || code == OperatorCode::var_handle ||
           code == OperatorCode::read_variable || code == OperatorCode::assign_variable;
}

LowerMoves moves_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::concatenation:
            return lower_concatenation;
        case OperatorCode::strided_slice:
            return lower_strided_slice;
        case OperatorCode::slice:
            return lower_slice;
        case OperatorCode::transpose:
            return lower_transpose;
        case OperatorCode::pack:
            return lower_pack;
        case OperatorCode::unpack:
            return lower_unpack;
        case OperatorCode::depth_to_space:
            return lower_depth_to_space;
        case OperatorCode::space_to_depth:
            return lower_space_to_depth;
        case OperatorCode::pad:
        case OperatorCode::padv2:
            return lower_pad;
        case OperatorCode::batch_matmul:
            return lower_batch_matmul;
        case OperatorCode::split:
        case OperatorCode::split_v:
            return lower_split;
        default:
            return nullptr;
    }
}

Lower lowering_of(OperatorCode code) {
    switch (code) {
        case OperatorCode::conv_2d:
            return lower_conv_2d;
        case OperatorCode::depthwise_conv_2d:
            return lower_depthwise_conv_2d;
        case OperatorCode::fully_connected:
            return lower_fully_connected;
        case OperatorCode::average_pool_2d:
            return lower_average_pool_2d;
        case OperatorCode::max_pool_2d:
            return lower_max_pool_2d;
        case OperatorCode::add:
            return lower_add;
        case OperatorCode::softmax:
            return lower_softmax;
        case OperatorCode::logistic:
            return lower_logistic;
        case OperatorCode::quantize:
            return lower_quantize;
        case OperatorCode::relu:
        case OperatorCode::relu6:
            return lower_relu;
        case OperatorCode::leaky_relu:
            return lower_leaky_relu;
        case OperatorCode::resize_nearest_neighbor:
            return lower_resize_nearest;
        case OperatorCode::resize_bilinear:
            return lower_resize_bilinear;
        case OperatorCode::transpose_conv:
            return lower_transpose_conv;
        default:
            return nullptr;
    }
}

}  // namespace ganglion::compile
